import { requireProject } from '@tailrace/http/access/authentication.ts';
import { askerOf } from '@tailrace/http/access/caller.ts';
import { invalidField, Problem, problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { logLine, toLogLine } from '@tailrace/log-query/log-line.ts';
import { countLogs } from '@tailrace/postgres/log-histogram.ts';
import { findLog, positionOf, searchLogs } from '@tailrace/postgres/log-search.ts';
import { storedPosition } from '@tailrace/postgres/stored-position.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { z } from 'zod';
import { decodeCursor } from '../page-cursor.ts';
import { logIds, neighbours } from './cursor.ts';
import { bucketWidth, histogramView, toHistogramView } from './histogram-view.ts';
import type { LogDatabase } from './log-database.ts';
import { filterOf, filterQuery } from './stream-query.ts';
import { microsOf, rangeOf, rangeQuery } from './time-range.ts';

interface StreamRouteDeps {
  readonly database: LogDatabase;
  /** How long one search may take before it answers with what it has. */
  readonly searchTimeoutMs: number;
  readonly maxRangeDays: number;
}

const tags = ['stream'];
const params = z.object({ project_id: z.string().max(200) });
const limit = z.coerce.number<string>().int().min(1).max(1000).default(100);
const around = z.coerce.number<string>().int().min(0).max(200).default(20);
/** How far context looks from its line, microseconds. */
const contextReach = 86_400_000_000;

const page = z.object({
  logs: z.array(logLine).describe('Newest first.'),
  older: z.string().nullable().describe('Cursor for before=; null when the range holds nothing older that matches.'),
  newer: z
    .string()
    .nullable()
    .describe('Cursor for after=; lines may still come, so it is null only when there is no line at all.'),
  live_from: z
    .string()
    .nullable()
    .describe('Cursor of the live stream up to which all lines were stored when this was read; null before any was.'),
  complete: z.boolean().describe('False when the time was up before the page was full: go on with older (or newer).'),
});

/** Stored logs of a project: search, histogram, context. */
export function streamRoutes(scope: HttpServer, { database, searchTimeoutMs, maxRangeDays }: StreamRouteDeps): void {
  const deadline = () => performance.now() + searchTimeoutMs;

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
        response: {
          200: page,
          404: problemSchema,
          422: problemSchema,
          429: problemSchema,
          503: problemSchema,
          504: problemSchema,
        },
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
      } as const;
      const asker = askerOf(request, reply, projectId);
      const [stored, found] = await database.read(asker, async (pool) => {
        // Before the lines: what is stored in between is found, and comes live too.
        const position = await storedPosition(pool, topics.logs.name);
        return [position, await searchLogs({ pool, ...search, deadline: deadline(), signal: asker.gone })] as const;
      });
      const lines = found.records.map(toLogLine);
      return {
        logs: direction === 'older' ? lines : lines.reverse(),
        ...neighbours(direction, start, found),
        live_from: stored ?? null,
        complete: found.isLast || lines.length === query.limit,
      };
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
        response: {
          200: histogramView,
          404: problemSchema,
          422: problemSchema,
          429: problemSchema,
          503: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const { project_id: projectId } = request.params;
      requireProject(request, projectId);
      const range = rangeOf(query, Date.now(), maxRangeDays);
      const width = bucketWidth(range, query.buckets);
      const asker = askerOf(request, reply, projectId);
      const counting = { projectId, filter: filterOf(query), ...range, width, signal: asker.gone };
      const counted = await database.read(asker, (pool) => countLogs({ pool, ...counting, deadline: deadline() }));
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
        response: {
          200: z
            .object({ before: z.array(logLine), line: logLine, after: z.array(logLine) })
            .describe('Each oldest first.'),
          404: problemSchema,
          422: problemSchema,
          429: problemSchema,
          503: problemSchema,
          504: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const { project_id: projectId, id } = request.params;
      requireProject(request, projectId);
      if (!logIds.test(id)) throw new Problem(404);
      const timestamp = microsOf(request.query.timestamp, Date.now());
      const asker = askerOf(request, reply, projectId);
      return database.read(asker, async (pool) => {
        const line = await findLog({ pool, projectId, deadline: deadline(), signal: asker.gone }, { timestamp, id });
        if (line === undefined) throw new Problem(404);
        const common = {
          pool,
          projectId,
          filter: { connections: [line.connection_id], stream: line.stream },
          start: positionOf(line),
          deadline: deadline(),
          signal: asker.gone,
        };
        const none = { records: [] };
        const { before, after } = request.query;
        // One after the other: a place is one connection.
        const earlier =
          before === 0
            ? none
            : await searchLogs({
                ...common,
                direction: 'older',
                from: Math.max(0, timestamp - contextReach),
                to: timestamp + 1,
                limit: before,
              });
        const later =
          after === 0
            ? none
            : await searchLogs({
                ...common,
                direction: 'newer',
                from: timestamp,
                to: timestamp + contextReach,
                limit: after,
              });
        return {
          before: earlier.records.map(toLogLine).reverse(),
          line: toLogLine(line),
          after: later.records.map(toLogLine),
        };
      });
    },
  );
}
