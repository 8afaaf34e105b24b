import { setImmediate as nextTurn } from 'node:timers/promises';
import { cloudEvents } from '@tailrace/connectors/clouds.ts';
import { askerOf } from '@tailrace/http/access/caller.ts';
import type { FairQueue } from '@tailrace/http/limits/fair-queue.ts';
import { problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import { levelOf, levels } from '@tailrace/log-record/level.ts';
import { lineEvent } from '@tailrace/normalise/line-event.ts';
import type { Normalise } from '@tailrace/normalise/normalise.ts';
import { type CompiledRules, parsingRules } from '@tailrace/normalise/own-parsing/compile-rules.ts';
import { type ExplainedLine, explainLine } from '@tailrace/normalise/own-parsing/explain-line.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import { z } from 'zod';
import { changeRequest } from '../resources/change-request.ts';
import { idParam } from './connection-request.ts';
import type { ConnectionService } from './connection-service.ts';
import type { LastEvents, LastEventsReader, PlacedEvent } from './last-events.ts';
import { requireRules, rulesOf } from './parsing-rules.ts';

interface ParsingPreviewRouteDeps {
  readonly service: ConnectionService;
  readonly lastEvents: LastEventsReader;
  /** Who may try rules when. */
  readonly readings: FairQueue;
  readonly normalise: Normalise;
}

/** How long rules are tried on lines for one request, milliseconds: usual ones take one. */
const maxMs = 1000;
const maxLines = 100;
const maxGivenLength = 32_768;
/** Of a text, an attribute or a message, as it is shown. */
const maxShown = 4000;

const previewRequest = z.strictObject({
  parsing_rules: parsingRules.optional().describe('The rules to try. Default: those of the connection.'),
  lines: z
    .array(z.string().max(maxGivenLength))
    .min(1)
    .max(maxLines)
    .optional()
    .describe(
      'Lines to try them on, as text or as the provider’s JSON. Default: the last stored lines of the connection.',
    ),
  limit: z.int().min(1).max(maxLines).default(50).describe('Of stored lines.'),
});

const previewLine = z
  .object({
    text: z.string().describe('What the rules were tried on: the line, or the one that an envelope carries.'),
    rule: z.string().nullable().describe('The rule that took it.'),
    parser: z.string().describe('Or the built-in parser that read it.'),
    level: z.enum(levels).nullable(),
    severity_text: z.string(),
    time: z.string().nullable().describe('The time in the text, ISO 8601.'),
    message: z.string(),
    attributes: z.record(z.string(), z.string()),
    resource: z.record(z.string(), z.string()),
    unread: z
      .array(z.object({ group: z.string(), use: z.enum(['time', 'level']), text: z.string() }))
      .describe('Groups whose text is no time, or no level that is known: they are kept as attributes.'),
    misses: z
      .array(z.object({ rule: z.string(), reason: z.string() }))
      .describe('The rules that were tried before and did not take it, and why.'),
    timestamp: z.string().describe('The event’s own time.'),
    raw: z.object({ topic: z.string(), partition: z.int(), offset: z.int() }).nullable(),
  })
  .meta({ id: 'ParsingPreviewLine' });

const preview = z
  .object({
    lines: z.array(previewLine).describe('Newest first, or as they were given.'),
    taken: z.record(z.string(), z.int()).describe('Lines by the rule that took them.'),
    untaken: z.int().describe('Lines that no rule took.'),
    missing: z
      .int()
      .describe('Stored lines whose events are no longer kept, and lines that were not tried since the time was up.'),
    seen_length: z.int().describe('Characters of a line that the rules see: the larger they are, the fewer.'),
  })
  .meta({ id: 'ParsingPreview' });

/** What becomes of lines by parsing rules, before they are saved. */
export function parsingPreviewRoutes(
  scope: HttpServer,
  { service, lastEvents, readings, normalise }: ParsingPreviewRouteDeps,
): void {
  scope.post(
    '/connections/:id/parsing/preview',
    {
      schema: {
        tags: ['connections'],
        summary: 'What parsing rules make of the last lines of a connection, or of lines given. Changes nothing.',
        params: idParam,
        body: previewRequest,
        response: { 200: preview, 404: problemSchema, 422: problemSchema, 429: problemSchema, 503: problemSchema },
      },
    },
    async (request, reply) => {
      const connection = service.get(changeRequest(request, request.params.id));
      const { parsing_rules: given, lines, limit } = request.body;
      const rules = requireRules(given ?? rulesOf(connection));
      const asker = askerOf(request, reply, connection.project_id);
      const { events, missing } =
        lines === undefined ? await lastEvents.of(connection, limit, asker) : givenEvents(connection, lines);
      const explain = () => explainEvents(events, connection.parsing?.version ?? 0, rules, normalise, asker.gone);
      const explained = await readings.run(asker.caller, asker.gone, explain);
      const taken: Record<string, number> = {};
      for (const { rule } of explained) if (rule !== undefined) taken[rule] = (taken[rule] ?? 0) + 1;
      return {
        lines: explained.map((line) => toPreviewLine(line, lines === undefined)),
        taken,
        untaken: explained.filter(({ rule }) => rule === undefined).length,
        missing: missing + events.length - explained.length,
        seen_length: rules.seenLength,
      };
    },
  );
}

/** As many as there is time for; others have their turn between two. */
async function explainEvents(
  events: readonly PlacedEvent[],
  version: number,
  rules: CompiledRules,
  normalise: Normalise,
  gone: AbortSignal,
): Promise<readonly ExplainedLine[]> {
  const explained: ExplainedLine[] = [];
  const began = performance.now();
  for (const { raw, partition, offset } of events) {
    if (gone.aborted || performance.now() - began > maxMs) break;
    explained.push(explainLine(raw, { partition, offset }, version, rules, normalise));
    await nextTurn();
  }
  return explained;
}

function givenEvents({ id, project_id, provider }: Connection, lines: readonly string[]): LastEvents {
  const now = Date.now();
  const events = lines.map((line, index): PlacedEvent => {
    const { raw } = lineEvent(provider, line, index + 1, now, cloudEvents);
    return { raw: { ...raw, connection_id: id, project_id }, partition: 0, offset: index };
  });
  return { events, missing: 0 };
}

function toPreviewLine(
  { record, text, rule, unread, misses }: ExplainedLine,
  isStored: boolean,
): z.output<typeof previewLine> {
  const { 'log.record.uid': uid, 'log.time': time = null, ...attributes } = record.attributes;
  const { provider, raw_partition: partition, raw_offset: offset } = record;
  return {
    text: shown(text ?? record.body),
    rule: rule ?? null,
    parser: record.parser,
    level: levelOf(record.severity_number) ?? null,
    severity_text: record.severity_text,
    time,
    message: shown(record.body),
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, shown(value)])),
    resource: { ...record.resource },
    unread: unread.map((each) => ({ ...each, text: shown(each.text) })),
    misses: misses.map((each) => ({ ...each })),
    timestamp: isoNanos(record.timestamp, record.timestamp_nanos),
    raw: isStored && uid !== undefined ? { topic: `logs.raw.${provider}`, partition, offset } : null,
  };
}

function shown(text: string): string {
  return text.length > maxShown ? `${text.slice(0, maxShown).replace(/[\ud800-\udbff]$/, '')}…` : text;
}
