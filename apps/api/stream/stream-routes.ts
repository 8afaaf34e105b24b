import { requireProject } from '@tailrace/http/access/authentication.ts';
import { askerOf } from '@tailrace/http/access/caller.ts';
import { invalidField, Problem } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { z } from 'zod';
import { decodeCursor } from '../resources/page-cursor.ts';
import { asWritten } from '../search/json-text.ts';
import { logIds } from './cursor.ts';
import { bucketWidth, histogramView, toHistogramView } from './histogram-view.ts';
import type { LogDatabase } from './log-database.ts';
import { logContextView, logPageView } from './log-views.ts';
import { searchFailures } from './search-failures.ts';
import { filterOf, filterQuery } from './stream-query.ts';
import { microsOf, rangeOf, rangeQuery } from './time-range.ts';

export interface StreamRouteDeps {
  readonly database: LogDatabase;
  /** How long one search may take before it answers with what it has. */
  readonly searchTimeoutMs: number;
  readonly maxRangeDays: number;
}

const tags = ['stream'];
const params = z.object({ project_id: z.string().max(200) });
const limit = z.coerce.number<string>().int().min(1).max(1000).default(100);
const around = z.coerce.number<string>().int().min(0).max(200).default(20);

/** Stored logs of a project: search, histogram, context. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a table of routes, whose handlers are short.
export function streamRoutes(scope: HttpServer, { database, searchTimeoutMs, maxRangeDays }: StreamRouteDeps): void {
  scope.get(
    '/stream/:project_id',
    {
      schema: {
        tags,
        summary: 'Recent and searched log lines, by event time.',
        params,
        querystring: z.strictObject({
          ...rangeQuery,
          ...filterQuery,
          limit: limit.describe('Lines at most, 1 to 1000.'),
          before: z.string().max(200).optional().describe('Cursor: lines older than this.'),
          after: z.string().max(200).optional().describe('Cursor: the lines right after this.'),
        }),
        response: { 200: logPageView, ...searchFailures },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const { project_id: projectId } = request.params;
      requireProject(request, projectId);
      if (query.before !== undefined && query.after !== undefined) {
        throw invalidField('querystring.after', 'must not be given beside before');
      }
      const direction = query.after === undefined ? 'older' : 'newer';
      const start =
        decodeCursor('querystring.before', query.before, logIds) ??
        decodeCursor('querystring.after', query.after, logIds);
      const search = {
        projectId,
        filter: filterOf(query),
        ...rangeOf(query, Date.now(), maxRangeDays),
        direction,
        start,
        limit: query.limit,
        timeoutMs: searchTimeoutMs,
      } as const;
      const asker = askerOf(request, reply, projectId);
      return asWritten(reply, await database.run(asker, 'page', search));
    },
  );

  scope.get(
    '/stream/:project_id/histogram',
    {
      schema: {
        tags,
        summary: 'Matching lines counted by time and level.',
        params,
        querystring: z.strictObject({
          ...rangeQuery,
          ...filterQuery,
          buckets: z.coerce.number<string>().int().min(1).max(1000).default(60).describe('About how many, 1 to 1000.'),
        }),
        response: { 200: histogramView, ...searchFailures },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const { project_id: projectId } = request.params;
      requireProject(request, projectId);
      const range = rangeOf(query, Date.now(), maxRangeDays);
      const width = bucketWidth(range, query.buckets);
      const asker = askerOf(request, reply, projectId);
      const counting = { projectId, filter: filterOf(query), ...range, width, timeoutMs: searchTimeoutMs };
      const counted = await database.run(asker, 'histogram', counting);
      return toHistogramView(range, width, counted);
    },
  );

  scope.get(
    '/stream/:project_id/context/:id',
    {
      schema: {
        tags,
        summary: 'The lines around a line, of the same source stream.',
        params: params.extend({ id: z.string().max(100).describe('Id of the line.') }),
        querystring: z.strictObject({
          timestamp: z.iso.datetime({ offset: true }).describe('The line’s own, as it was given.'),
          before: around.describe('Lines before it, at most 200.'),
          after: around.describe('Lines after it, at most 200.'),
        }),
        response: { 200: logContextView, ...searchFailures },
      },
    },
    async (request, reply) => {
      const { project_id: projectId, id } = request.params;
      requireProject(request, projectId);
      if (!logIds.test(id)) throw new Problem(404);
      const timestamp = microsOf(request.query.timestamp, Date.now());
      const asker = askerOf(request, reply, projectId);
      const { before, after } = request.query;
      const around = { projectId, key: { timestamp, id }, before, after, timeoutMs: searchTimeoutMs };
      const found = await database.run(asker, 'context', around);
      if (found === undefined) throw new Problem(404);
      return asWritten(reply, found);
    },
  );
}
