import { alertRuleInput } from '@tailrace/alert-rules/alert-rule-input.ts';
import { requireBodyProject, requireProject } from '@tailrace/http/access/authentication.ts';
import { projectIdSchema } from '@tailrace/http/access/tokens.ts';
import { problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { isIdOf } from '@tailrace/log-record/id-prefixes.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import { z } from 'zod';
import { changeRequest, ifMatch } from '../resources/change-request.ts';
import { entityTag } from '../resources/entity-tag.ts';
import { createdHeaders } from '../resources/resource-routes.ts';
import type { AlertRuleService } from './alert-rule-service.ts';
import { alertRuleView, toAlertRuleView } from './alert-rule-view.ts';

const tags = ['alert rules'];
const idParam = z.object({ id: z.string().max(200).describe('rule_…') });
/** A rule as it is written. Its `conditions` are for the kind to check. */
const ruleFields = alertRuleInput.shape;

/** Alert rules: create, read, replace, delete. */
export function alertRuleRoutes(scope: HttpServer, service: AlertRuleService): void {
  const view = async (rule: AlertRule) => toAlertRuleView(rule, await service.notEvaluated(rule.project_id));
  scope.post(
    '/alert-rules',
    {
      config: { role: 'editor' },
      schema: {
        tags,
        summary: 'Create an alert rule. It takes effect within seconds, for lines that come from then on.',
        body: z.strictObject({ project_id: projectIdSchema, ...ruleFields }),
        response: { 201: alertRuleView, 422: problemSchema },
      },
    },
    async (request, reply) => {
      const { project_id: projectId, ...input } = request.body;
      requireBodyProject(request, projectId);
      const created = await service.create(projectId, input);
      return reply
        .code(201)
        .headers(createdHeaders(request, created))
        .send(await view(created));
    },
  );

  scope.get(
    '/alert-rules/:id',
    {
      schema: {
        tags,
        summary: 'One alert rule (an id that begins with rule_), or all of a project (any other id).',
        params: z.object({ id: z.string().max(200).describe('rule_…, or a project id.') }),
        response: {
          200: z.union([alertRuleView, z.object({ rules: z.array(alertRuleView) })]),
          404: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (isIdOf('rule', id)) {
        const rule = service.get(changeRequest(request, id));
        return reply.header('etag', entityTag(rule.version)).send(await view(rule));
      }
      requireProject(request, id);
      const reasons = await service.notEvaluated(id);
      return reply.send({ rules: service.list(id).map((rule) => toAlertRuleView(rule, reasons)) });
    },
  );

  scope.put(
    '/alert-rules/:id',
    {
      config: { role: 'editor' },
      schema: {
        tags,
        summary: 'Replace an alert rule. After a change of what it counts, the counting starts over.',
        params: idParam,
        headers: ifMatch,
        body: z.strictObject(ruleFields),
        response: { 200: alertRuleView, 404: problemSchema, 412: problemSchema, 422: problemSchema },
      },
    },
    async (request, reply) => {
      const change = changeRequest(request, request.params.id, request.headers['if-match']);
      const replaced = await service.replace(change, request.body);
      return reply.header('etag', entityTag(replaced.version)).send(await view(replaced));
    },
  );

  scope.delete(
    '/alert-rules/:id',
    {
      config: { role: 'editor' },
      schema: {
        tags,
        summary: 'Delete an alert rule. Its open alerts are resolved, and stay until their retention.',
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
}
