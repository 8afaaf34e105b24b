import { requireBodyProject, requireProject } from '@tailrace/http/access/authentication.ts';
import { askerOf } from '@tailrace/http/access/caller.ts';
import { projectIdSchema } from '@tailrace/http/access/tokens.ts';
import { invalidField, problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { deadReasons } from '@tailrace/stream/processing/dead-letter.ts';
import { z } from 'zod';
import { reachable } from '../reachable.ts';
import type { Shares } from '../shares.ts';
import { instant, rangeOf } from '../stream/time-range.ts';
import { findLetters } from './find-letters.ts';
import type { LetterMarks, LetterPlace } from './letter-marks.ts';
import { type LetterReplayer, type LetterResult, letterOutcomes } from './letter-replayer.ts';
import { letterView, toLetterView } from './letter-view.ts';

interface DeadLetterRouteDeps {
  readonly kafka: Kafka;
  readonly marks: LetterMarks;
  readonly replayer: LetterReplayer;
  readonly shares: Pick<Shares, 'readings' | 'letterReplays'>;
  readonly searchTimeoutMs: number;
  readonly maxRangeDays: number;
}

const tags = ['dead letters'];
/** `logs.dead` keeps them about this long. */
const kept = '-31d';
const maxLetters = 1000;
/** What a call puts back in this time; its answer says what it did not reach. */
const replayTimeoutMs = 20_000;

const connection = z.string().regex(/^conn_\w{1,100}$/, 'must be the id of a connection, conn_…');
const reason = z.enum(deadReasons);
const cursorText = z.string().max(500).describe('Where an earlier answer ended.');

const replayRequest = z.strictObject({
  project_id: projectIdSchema,
  letters: z
    .array(z.strictObject({ partition: z.int().min(0).max(10_000), offset: z.int().min(0) }))
    .min(1)
    .max(maxLetters)
    .optional()
    .describe(`These dead letters, at most ${maxLetters}; or give all.`),
  all: z
    .literal(true)
    .optional()
    .describe(`Every dead letter that matches, ${maxLetters} a call: go on with next_cursor.`),
  reason: reason.optional().describe('With all: letters of this reason.'),
  connection: connection.optional().describe('With all: letters of this connection.'),
  cursor: cursorText.optional(),
  force: z.boolean().default(false).describe('Also those that were reprocessed before.'),
});

const result = z.object({
  partition: z.int(),
  offset: z.int(),
  outcome: z.enum(letterOutcomes),
  reason: z.string().nullable(),
  detail: z.string().nullable(),
});
const counts = z.object(Object.fromEntries(letterOutcomes.map((outcome) => [outcome, z.int()])));

/** Records that could not be read: see them, and put them back after a fix. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a table of routes, whose handlers are short.
export function deadLetterRoutes(scope: HttpServer, deps: DeadLetterRouteDeps): void {
  const { kafka, marks, replayer, shares, searchTimeoutMs, maxRangeDays } = deps;

  scope.get(
    '/dead-letters/:project_id',
    {
      schema: {
        tags,
        summary: 'Records of the project that could not be read, newest failure first.',
        description: 'Letters whose record named no project are shown to nobody.',
        params: z.object({ project_id: z.string().max(200) }),
        querystring: z.strictObject({
          reason: reason.optional(),
          connection: connection.optional(),
          from: instant.default(kept).describe('Time of the failure, included.'),
          to: instant.default('now').describe('Excluded.'),
          limit: z.coerce.number<string>().int().min(1).max(200).default(50).describe('1 to 200.'),
          cursor: cursorText.optional(),
        }),
        response: {
          200: z.object({
            dead_letters: z.array(letterView),
            next_cursor: z.string().nullable().describe('Null when there are no more. A page may be short, or empty.'),
          }),
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
      const { caller, gone } = askerOf(request, reply, projectId);
      const find = () =>
        findLetters({
          kafka,
          filter: {
            projectId,
            reason: query.reason,
            connectionId: query.connection,
            ...rangeOf(query, Date.now(), maxRangeDays),
          },
          limit: query.limit,
          cursor: decodeCursor('querystring.cursor', query.cursor),
          keep: (letter, place) => toLetterView(letter, place, marks),
          signal: AbortSignal.any([gone, AbortSignal.timeout(searchTimeoutMs)]),
        });
      const { letters, cursor } = await reachable(shares.readings.run(caller, gone, find));
      return { dead_letters: [...letters], next_cursor: encodeCursor(cursor) };
    },
  );

  scope.post(
    '/dead-letters/replay',
    {
      config: { role: 'editor' },
      schema: {
        tags,
        summary: 'Reprocess dead letters: their records go through the current code to the stored logs, marked.',
        description: 'A letter that still cannot be read stays, with the reason in the answer. Nobody is notified.',
        body: replayRequest,
        response: {
          200: z.object({
            replay_id: z.string().describe('dlr_…; the lines put back bear it.'),
            counts,
            results: z.array(result),
            next_cursor: z.string().nullable().describe('With all: where to go on; null when there is no more.'),
          }),
          422: problemSchema,
          429: problemSchema,
          503: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const { project_id: projectId, letters, all, reason: wanted, connection: connectionId, force } = request.body;
      requireBodyProject(request, projectId);
      if ((letters === undefined) === (all === undefined))
        throw invalidField('body.letters', 'give either letters or all');
      for (const field of ['reason', 'connection', 'cursor'] as const) {
        if (letters && request.body[field] !== undefined) throw invalidField(`body.${field}`, 'goes with all only');
      }
      const start = decodeCursor('body.cursor', request.body.cursor);
      const range = rangeOf({ from: kept, to: 'now' }, Date.now(), maxRangeDays);
      const find = () =>
        findLetters<LetterPlace>({
          kafka,
          filter: { projectId, reason: wanted, connectionId, ...range },
          limit: maxLetters,
          cursor: start,
          keep: (_, place) => (force || marks.of(place) === undefined ? place : undefined),
          signal: AbortSignal.timeout(searchTimeoutMs),
        });
      const { caller, gone } = askerOf(request, reply, projectId);
      return reachable(
        shares.letterReplays.run(caller, gone, async () => {
          const found = letters ? { letters, cursor: undefined } : await find();
          const signal = AbortSignal.timeout(replayTimeoutMs);
          const { id, results } = await replayer.replay({ projectId, places: found.letters, force, signal });
          return {
            replay_id: id,
            counts: countsOf(results),
            results: [...results],
            next_cursor: encodeCursor(found.cursor),
          };
        }),
      );
    },
  );
}

function countsOf(results: readonly LetterResult[]): Record<string, number> {
  const count = (outcome: string) => results.filter((each) => each.outcome === outcome).length;
  return Object.fromEntries(letterOutcomes.map((outcome) => [outcome, count(outcome)]));
}

const positions = z.array(z.int().nonnegative()).min(1).max(1000);

function encodeCursor(cursor: readonly number[] | undefined): string | null {
  return cursor === undefined ? null : Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** @throws Problem 422 for text that is no cursor of ours. */
function decodeCursor(field: string, text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  try {
    return positions.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw invalidField(field, 'is not a cursor of an earlier answer');
  }
}
