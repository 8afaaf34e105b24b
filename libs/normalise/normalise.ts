import { cutToBytes } from '@tailrace/log-record/cut-text.ts';
import { type Flag, flags } from '@tailrace/log-record/flags.ts';
import { earliestTimestamp, latestTimestamp, maxBodyBytes } from '@tailrace/log-record/limits.ts';
import { recordId } from '@tailrace/log-record/record-id.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { Draft, type LineRules } from './draft.ts';
import { exceptionIn } from './exception.ts';
import { settleNumericLevel } from './fields/numeric-level.ts';
import { normaliserVersion } from './normaliser-version.ts';
import { lineVersion } from './own-parsing/line-version.ts';
import type { RuleSet } from './own-parsing/rule-set.ts';
import type { AnchoredParser } from './parsers/text-parser.ts';
import { withParsers } from './parsers/text-parsers.ts';
import { builtInClouds } from './providers/built-in-clouds.ts';
import type { CloudEvents } from './providers/cloud-events.ts';
import type { ProviderReader } from './providers/provider-reader.ts';
import { type Flagged, storableEvent } from './storable.ts';

/** Where the raw event stands in its topic. */
export interface RawPosition {
  readonly partition: number;
  readonly offset: number;
}

export interface NormaliseOptions {
  /** The replay that asks; left out, a rewound source's mark on the raw event counts. */
  readonly replayId?: string;
  /** The connection's own, tried before the parsers. */
  readonly rules?: RuleSet | undefined;
}

/** What is known of the clouds' events and of the texts in them. */
export interface NormaliserParts {
  readonly clouds: readonly CloudEvents[];
  /** What an installation brings besides Tailrace's own parsers, and is tried before them. */
  readonly parsers?: readonly AnchoredParser[] | undefined;
}

/** Makes the canonical record of a raw event: see `normalise`. */
export type Normalise = (raw: RawEvent, position: RawPosition, options?: NormaliseOptions) => LogRecord;

/**
 * The canonical record of a raw event. A pure function that never throws: the same event, position and options give the
 * same record, and any payload gives one, if need be with the payload as its body.
 *
 * The record's time is the event's own; a time that the text states is the attribute `log.time`.
 */
export const normalise: Normalise = normaliserOf({ clouds: builtInClouds });

/** Another `normalise`, for the events of these clouds and with these parsers. */
export function normaliserOf({ clouds, parsers = [] }: NormaliserParts): Normalise {
  const readers = new Map<string, ProviderReader>(clouds.map(({ provider, read }) => [provider, read]));
  const withOwn = parsers.length === 0 ? (rules: LineRules | undefined) => rules : withParsers(parsers);
  const read: ProviderReader = (raw, timestamp, rules) => readers.get(raw.provider)?.(raw, timestamp, withOwn(rules));
  return (raw, position, options = {}) => recordOf(read, raw, position, options);
}

function recordOf(read: ProviderReader, raw: RawEvent, position: RawPosition, options: NormaliseOptions): LogRecord {
  const { rules } = options;
  const noted = new FlagList();
  const event = storableEvent(raw, noted);
  const observed = observedTime(raw);
  const isOwnTime = isPlausible(raw.timestamp);
  const timestamp = eventTime(raw);
  if (!isOwnTime) noted.flag(flags.timeOutOfRange);
  const draft = read(event, timestamp, rules?.of(event.stream)) ?? unreadable(event, timestamp);
  for (const flag of noted.flags) draft.flag(flag);
  settleNumericLevel(draft);
  draft.finishResource();
  findException(draft);
  const truncatedFrom = cutBody(draft);
  return {
    id: recordId(raw.connection_id, raw.event_id),
    project_id: raw.project_id,
    connection_id: raw.connection_id,
    provider: raw.provider,
    timestamp,
    timestamp_nanos: isOwnTime && raw.timestamp_nanos >= 0 && raw.timestamp_nanos < 1000 ? raw.timestamp_nanos | 0 : 0,
    observed_timestamp: observed,
    ingest_timestamp: ingestTime(raw),
    severity_number: draft.severityNumber,
    severity_text: draft.severityText,
    body: draft.body,
    trace_id: draft.traceId,
    span_id: draft.spanId,
    resource: draft.resource,
    attributes: draft.attributes,
    stream: event.stream,
    parser: draft.rule === '' ? draft.parser : `rule:${draft.rule}`,
    normaliser_version: rules === undefined ? normaliserVersion : lineVersion(rules.version, normaliserVersion),
    truncated_from: truncatedFrom,
    flags: draft.flags,
    raw_partition: position.partition,
    raw_offset: position.offset,
    replay_id: options.replayId ?? raw.rewind_id,
  };
}

/** Flags raised before there is a draft. */
class FlagList implements Flagged {
  readonly flags: Flag[] = [];

  flag(flag: Flag): void {
    this.flags.push(flag);
  }
}

/** The time of the record that a raw event becomes, microseconds: its own, or that of its arrival where it has none to be believed. */
export function eventTime(raw: RawEvent): number {
  return isPlausible(raw.timestamp) ? raw.timestamp : observedTime(raw);
}

function observedTime(raw: RawEvent): number {
  return isPlausible(raw.observed_timestamp) ? raw.observed_timestamp : ingestTime(raw);
}

function isPlausible(timestamp: number): boolean {
  return Number.isSafeInteger(timestamp) && timestamp >= earliestTimestamp && timestamp < latestTimestamp;
}

/** The last resort, when no clock is right, is a time that no record could have: the earliest one. */
function ingestTime(raw: RawEvent): number {
  return isPlausible(raw.ingest_timestamp) ? raw.ingest_timestamp : earliestTimestamp;
}

/** An event that is not what its provider sends is a record nevertheless. */
function unreadable(raw: RawEvent, timestamp: number): Draft {
  const draft = new Draft(timestamp);
  draft.flag(flags.payloadUnreadable);
  draft.resourceAttribute('cloud.provider', raw.provider);
  draft.uid(raw.event_id);
  draft.message(raw.payload);
  return draft;
}

/** What a stack trace, in a field of its own or in the body, says of its exception; fields that said it stand. */
function findException(draft: Draft): void {
  const { attributes, body } = draft;
  const stacktrace = attributes['exception.stacktrace'];
  if (stacktrace !== undefined && attributes['exception.type'] !== undefined) return;
  const exception = exceptionIn(stacktrace ?? body);
  if (exception === undefined) return;
  if (attributes['exception.type'] === undefined) draft.attributeIfAny('exception.type', exception.type);
  if (attributes['exception.message'] === undefined) draft.attributeIfAny('exception.message', exception.message);
  if (stacktrace === undefined) draft.attribute('exception.stacktrace', exception.stacktrace);
}

/** Cuts a body over the limit. @returns its size in bytes if it was cut. */
function cutBody(draft: Draft): number | null {
  const { body } = draft;
  const cut = cutToBytes(body, maxBodyBytes);
  if (cut === body) return null;
  draft.body = cut;
  draft.flag(flags.bodyTruncated);
  return Buffer.byteLength(body);
}
