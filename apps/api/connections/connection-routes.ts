import { requireBodyProject, requireProject } from '@tailrace/http/access/authentication.ts';
import { projectIdSchema } from '@tailrace/http/access/tokens.ts';
import { invalidField, problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { isIdOf } from '@tailrace/log-record/id-prefixes.ts';
import { parsingRules } from '@tailrace/normalise/own-parsing/compile-rules.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { providerSymbols } from '@tailrace/schemas/generated/provider.ts';
import type { Table } from '@tailrace/stream/reading/table.ts';
import { z } from 'zod';
import { changeRequest, ifMatch } from '../resources/change-request.ts';
import { entityTag } from '../resources/entity-tag.ts';
import { createdHeaders, resourceName } from '../resources/resource-routes.ts';
import { idParam } from './connection-request.ts';
import type { ConnectionService } from './connection-service.ts';
import { connectionView, statsView, toConnectionView, toStatsView } from './connection-view.ts';

export interface ConnectionRouteDeps {
  readonly service: ConnectionService;
  readonly statuses: Table<ConnectionStatus>;
}

const name = resourceName.describe('For people.');
const config = z
  .record(z.string().max(100), z.unknown())
  .describe('Settings and secrets of the source; GET connectors lists the fields of each provider.');

const rules = parsingRules.describe(
  'Rules by which lines are read before the built-in parsers, in the order in which they are tried; they replace all that there are.',
);

const newConnection = z.strictObject({
  project_id: projectIdSchema,
  connection_name: name,
  cloud_provider: z.enum(providerSymbols),
  connection_config: config,
  parsing_rules: rules.optional(),
});

const editedConnection = z.strictObject({
  project_id: projectIdSchema.optional().describe('Cannot change; when given, it must be the connection’s own.'),
  cloud_provider: z
    .enum(providerSymbols)
    .optional()
    .describe('Cannot change; when given, it must be the connection’s own.'),
  connection_name: name.optional(),
  connection_config: config.optional().describe('Replaces the whole. A secret left out is kept; null removes it.'),
  parsing_rules: rules.optional(),
});

const tags = ['connections'];

/** Connections: create, read, edit, delete. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a table of routes, whose handlers are short.
export function connectionRoutes(scope: HttpServer, { service, statuses }: ConnectionRouteDeps): void {
  const view = (connection: Connection) => toConnectionView(connection, statuses.get(connection.id));

  scope.post(
    '/connections',
    {
      config: { role: 'editor' },
      schema: {
        tags,
        summary: 'Create a connection. It starts out stopped.',
        body: newConnection,
        response: { 201: connectionView, 422: problemSchema },
      },
    },
    async (request, reply) => {
      const { project_id, connection_name, cloud_provider, connection_config } = request.body;
      requireBodyProject(request, project_id);
      const created = await service.create({
        projectId: project_id,
        name: connection_name,
        provider: cloud_provider,
        config: connection_config,
        parsingRules: request.body.parsing_rules,
      });
      return reply.code(201).headers(createdHeaders(request, created)).send(view(created));
    },
  );

  scope.get(
    '/connections/:id',
    {
      schema: {
        tags,
        summary: 'One connection (an id that begins with conn_), or all connections of a project (any other id).',
        params: z.object({ id: z.string().max(200).describe('conn_…, or a project id.') }),
        response: {
          200: z.union([connectionView, z.object({ connections: z.array(connectionView) })]),
          404: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (isIdOf('connection', id)) {
        const connection = service.get(changeRequest(request, id));
        return reply.header('etag', entityTag(connection.version)).send(view(connection));
      }
      requireProject(request, id);
      return reply.send({ connections: service.list(id).map(view) });
    },
  );

  scope.put(
    '/connections/:id',
    {
      config: { role: 'editor' },
      schema: {
        tags,
        summary:
          'Change the name, the configuration, the parsing rules, or several. A running connection applies it within seconds.',
        params: idParam,
        headers: ifMatch,
        body: editedConnection,
        response: {
          200: connectionView,
          404: problemSchema,
          409: problemSchema,
          412: problemSchema,
          422: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const change = changeRequest(request, request.params.id, request.headers['if-match']);
      const { connection_name, connection_config, project_id, cloud_provider, parsing_rules } = request.body;
      const current = service.get(change);
      if (project_id !== undefined && project_id !== current.project_id) throw cannotChange('project_id');
      if (cloud_provider !== undefined && cloud_provider !== current.provider) throw cannotChange('cloud_provider');
      const edited = await service.edit(change, {
        name: connection_name,
        config: connection_config,
        parsingRules: parsing_rules,
      });
      return reply.header('etag', entityTag(edited.version)).send(view(edited));
    },
  );

  scope.delete(
    '/connections/:id',
    {
      config: { role: 'editor' },
      schema: {
        tags,
        summary: 'Delete a connection and its credentials. Its logs stay until their retention.',
        params: idParam,
        headers: ifMatch,
        response: { 204: z.undefined(), 404: problemSchema, 412: problemSchema },
      },
    },
    async (request, reply) => {
      await service.delete(changeRequest(request, request.params.id, request.headers['if-match']));
      return reply.code(204).send();
    },
  );

  scope.get(
    '/connections/:id/stats',
    {
      schema: {
        tags,
        summary: 'Counters, rate, lag and lateness of a connection.',
        params: idParam,
        response: { 200: statsView, 404: problemSchema },
      },
    },
    async (request) => {
      const { id } = service.get(changeRequest(request, request.params.id));
      return toStatsView(id, statuses.get(id));
    },
  );
}

function cannotChange(field: string) {
  return invalidField(`body.${field}`, 'cannot change; create another connection');
}
