import { requireBodyProject, requireProject } from '@tailrace/http/access/authentication.ts';
import { projectIdSchema } from '@tailrace/http/access/tokens.ts';
import { invalidField, problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { isIdOf } from '@tailrace/log-record/id-prefixes.ts';
import type { NotificationChannel } from '@tailrace/schemas/generated/notification-channel.ts';
import { z } from 'zod';
import { changeRequest, ifMatch } from '../resources/change-request.ts';
import { entityTag } from '../resources/entity-tag.ts';
import { createdHeaders, resourceName } from '../resources/resource-routes.ts';
import type { ChannelService } from './channel-service.ts';
import { channelView, toChannelView } from './channel-view.ts';

const name = resourceName.describe('For people, and for rules; unique in the project.');
const type = z.string().min(1).max(50).describe('GET channel-types lists them.');
const config = z
  .record(z.string().max(100), z.unknown())
  .describe('Settings and secrets of the channel; GET channel-types lists the fields of each type.');

const newChannel = z.strictObject({
  project_id: projectIdSchema,
  channel_name: name,
  channel_type: type,
  channel_config: config,
});

const editedChannel = z.strictObject({
  project_id: projectIdSchema.optional().describe('Cannot change; when given, it must be the channel’s own.'),
  channel_type: type.optional().describe('Cannot change; when given, it must be the channel’s own.'),
  channel_name: name.optional(),
  channel_config: config.optional().describe('Replaces the whole. A secret left out is kept; null removes it.'),
});

const tags = ['channels'];
export const channelIdParam = z.object({ id: z.string().max(200).describe('chan_…') });

/** Channels of notifications: create, read, edit, delete. */
export function channelRoutes(scope: HttpServer, service: ChannelService): void {
  const view = (channel: NotificationChannel) => toChannelView(channel, service.secretFieldsOf(channel));
  scope.post(
    '/channels',
    {
      config: { role: 'editor' },
      schema: {
        tags,
        summary: 'Create a channel that alert rules can name.',
        body: newChannel,
        response: { 201: channelView, 422: problemSchema },
      },
    },
    async (request, reply) => {
      const { project_id, channel_name, channel_type, channel_config } = request.body;
      requireBodyProject(request, project_id);
      const created = await service.create({
        projectId: project_id,
        name: channel_name,
        type: channel_type,
        config: channel_config,
      });
      return reply.code(201).headers(createdHeaders(request, created)).send(view(created));
    },
  );

  scope.get(
    '/channels/:id',
    {
      schema: {
        tags,
        summary: 'One channel (an id that begins with chan_), or all channels of a project (any other id).',
        params: z.object({ id: z.string().max(200).describe('chan_…, or a project id.') }),
        response: {
          200: z.union([channelView, z.object({ channels: z.array(channelView) })]),
          404: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (isIdOf('channel', id)) {
        const channel = service.get(changeRequest(request, id));
        return reply.header('etag', entityTag(channel.version)).send(view(channel));
      }
      requireProject(request, id);
      return reply.send({ channels: service.list(id).map(view) });
    },
  );

  scope.put(
    '/channels/:id',
    {
      config: { role: 'editor' },
      schema: {
        tags,
        summary: 'Change the name, the configuration, or both. The next message uses it.',
        params: channelIdParam,
        headers: ifMatch,
        body: editedChannel,
        response: { 200: channelView, 404: problemSchema, 409: problemSchema, 412: problemSchema, 422: problemSchema },
      },
    },
    async (request, reply) => {
      const change = changeRequest(request, request.params.id, request.headers['if-match']);
      const { channel_name, channel_config, project_id, channel_type } = request.body;
      const current = service.get(change);
      if (project_id !== undefined && project_id !== current.project_id) throw cannotChange('project_id');
      if (channel_type !== undefined && channel_type !== current.channel_type) throw cannotChange('channel_type');
      const edited = await service.edit(change, { name: channel_name, config: channel_config });
      return reply.header('etag', entityTag(edited.version)).send(view(edited));
    },
  );

  scope.delete(
    '/channels/:id',
    {
      config: { role: 'editor' },
      schema: {
        tags,
        summary: 'Delete a channel and its secrets. Refused while alert rules name it.',
        params: channelIdParam,
        headers: ifMatch,
        response: { 204: z.undefined(), 404: problemSchema, 409: problemSchema, 412: problemSchema },
      },
    },
    async (request, reply) => {
      await service.delete(changeRequest(request, request.params.id, request.headers['if-match']));
      return reply.code(204).send();
    },
  );
}

function cannotChange(field: string) {
  return invalidField(`body.${field}`, 'cannot change; create another channel');
}
