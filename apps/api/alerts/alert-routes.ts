import { alertView, toAlertView } from '@tailrace/alert-rules/alert-view.ts';
import { principalOf, requireProject } from '@tailrace/http/access/authentication.ts';
import { askerOf } from '@tailrace/http/access/caller.ts';
import { invalidField, Problem, problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { isIdOf } from '@tailrace/log-record/id-prefixes.ts';
import { alertSeveritySymbols } from '@tailrace/schemas/generated/alert-severity.ts';
import { alertStatusSymbols } from '@tailrace/schemas/generated/alert-status.ts';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../resources/page-cursor.ts';
import type { LogDatabase } from '../stream/log-database.ts';
import { instant, rangeOf, type TimeRange } from '../stream/time-range.ts';
import type { AlertStore } from './alert-store.ts';

interface AlertRouteDeps {
  readonly store: AlertStore;
  readonly database: LogDatabase;
  readonly maxRangeDays: number;
}

const tags = ['alerts'];
const alertIds = /^alert_[0-9a-f]{24}$/;

const page = z.object({
  alerts: z.array(alertView).describe('Newest start first.'),
  next_cursor: z.string().nullable().describe('For cursor=; null when there are no older ones that match.'),
});

/** Alerts of a project: list, read one, mark one as read. */
export function alertRoutes(scope: HttpServer, { store, database, maxRangeDays }: AlertRouteDeps): void {
  scope.get(
    '/alerts/:id',
    {
      schema: {
        tags,
        summary: 'One alert (an id that begins with alert_), or those of a project (any other id).',
        params: z.object({ id: z.string().max(200).describe('alert_…, or a project id.') }),
        querystring: z.strictObject({
          status: z.enum(alertStatusSymbols).optional(),
          severity: z.enum(alertSeveritySymbols).optional(),
          rule_id: z.string().min(1).max(100).optional(),
          unread: z
            .stringbool({ truthy: ['true'], falsy: ['false'] })
            .default(false)
            .describe('Only unread ones.'),
          from: instant.optional().describe('Alerts that started at this time or later; all when left out.'),
          to: instant.optional().describe('Alerts that started before this time; with from, which has now as its end.'),
          limit: z.coerce.number<string>().int().min(1).max(1000).default(100),
          cursor: z.string().max(200).optional().describe('next_cursor of the page before.'),
        }),
        response: {
          200: z.union([alertView, page]),
          404: problemSchema,
          422: problemSchema,
          429: problemSchema,
          503: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (isIdOf('alert', id)) {
        const { projects } = principalOf(request);
        const { alert, read } = await store.find(knownId(id), projects, askerOf(request, reply, projects[0] ?? ''));
        return toAlertView(alert, read);
      }
      requireProject(request, id);
      const { status, severity, rule_id: ruleId, unread, limit, cursor } = request.query;
      const range = optionalRange(request.query, maxRangeDays);
      const before = decodeCursor('querystring.cursor', cursor, alertIds);
      const search = { projectId: id, status, severity, ruleId, unread, ...range, before, limit };
      const found = await database.run(askerOf(request, reply, id), 'alerts', search);
      const last = found.at(-1)?.alert;
      return {
        alerts: found.map(({ alert, read }) => toAlertView(alert, read)),
        next_cursor:
          last === undefined || found.length < limit ? null : encodeCursor({ timestamp: last.started_at, id: last.id }),
      };
    },
  );

  scope.post(
    '/alerts/:id/read',
    {
      schema: {
        tags,
        summary: 'Mark an alert as read. The first reader is recorded; repeating it changes nothing.',
        params: z.object({ id: z.string().max(200).describe('alert_…') }),
        response: {
          200: z.object({ message: z.literal('Alert marked as read'), alert: alertView }),
          404: problemSchema,
          503: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const { projects } = principalOf(request);
      const alert = await store.markRead(
        knownId(request.params.id),
        projects,
        askerOf(request, reply, projects[0] ?? ''),
      );
      return { message: 'Alert marked as read' as const, alert };
    },
  );
}

/** @throws Problem 404 for what cannot be the id of an alert. */
function knownId(id: string): string {
  if (!alertIds.test(id)) throw new Problem(404);
  return id;
}

function optionalRange(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  maxDays: number,
): Partial<TimeRange> {
  if (from !== undefined) return rangeOf({ from, to: to ?? 'now' }, Date.now(), maxDays);
  if (to !== undefined) throw invalidField('querystring.to', 'must have from beside it');
  return {};
}
