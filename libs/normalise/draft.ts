import { newStringMap } from '@tailrace/avro/string-map.ts';
import { cutToLength } from '@tailrace/log-record/cut-text.ts';
import { type Flag, flags } from '@tailrace/log-record/flags.ts';
import {
  maxAttributeKeyLength,
  maxAttributes,
  maxAttributesLength,
  maxAttributeValueLength,
} from '@tailrace/log-record/limits.ts';
import { logTimeAttribute as logTime, noParser } from '@tailrace/log-record/parsers.ts';
import { severity } from '@tailrace/log-record/severity.ts';
import { spanIdOf, type TraceContext, traceIdOf } from './trace-context.ts';

/** The attribute with the provider's own id of the event. */
const recordUid = 'log.record.uid';
/** The time of the envelope that a line came in, where the line has its own. */
const envelopeTime = 'log.envelope.time';
/** The provider's level, where a rule of the connection states another. */
const envelopeLevel = 'log.envelope.level';
const serviceName = 'service.name';
const hostName = 'host.name';
/** Of a level that an envelope gives to what it carries, such as syslog's priority: that of the line itself counts before it. */
export const envelopeRank = 8;
const derivedRank = 9;
const providerRank = 0;
const none = Number.POSITIVE_INFINITY;
/** Values of one name that are kept. */
const mostSameNames = 9;
const noFlags: readonly Flag[] = Object.freeze([]);

/** What reads the lines of one connection before the parsers do. */
export interface LineRules {
  /**
   * Reads a text into the draft by the first rule that takes it, whose name is then the draft's `rule`.
   * @param depth how many envelopes the text came in; left out for a message whose envelope says its level.
   * @returns false where none does; the draft is then as it was.
   */
  read(text: string, draft: Draft, depth?: number): boolean;
}

export type JsonShape = '' | 'clef' | 'gelf' | 'cloudtrail' | 'lambda' | 'mongodb';

/**
 * What is known of a record so far. The provider's reader and the text parsers fill it: of levels and messages the one of
 * the lower rank wins, of traces and services the first, and what loses is kept as an attribute. One class of one file, since
 * what a parser finds of one of them decides on the others.
 */
export class Draft {
  /** The event's own time, microseconds since the epoch: what completes dates without a year. */
  readonly timestamp: number;
  /** The connection's own, which are tried on each text before the parsers; undefined where it has none. */
  readonly rules: LineRules | undefined;
  parser: string = noParser;
  /** The rule of the connection that took the text, or one that it carried; empty while none did. */
  rule = '';
  body = '';
  severityNumber = 0;
  severityText = '';
  traceId: string | null = null;
  spanId: string | null = null;
  readonly resource: Record<string, string> = newStringMap();
  attributes: Record<string, string> = newStringMap();
  flags: readonly Flag[] = noFlags;
  /** The well-known shape of JSON that a telltale field indicated. */
  shape: JsonShape = '';
  /** The field the body came from; empty while there is none. */
  bodyPath = '';
  /** A level that is a number, and its field: which scale it is of can only be said when all fields are known. */
  numericLevel: { readonly value: number; readonly text: string; readonly path: string } | undefined;
  /** Whether a name that comes again keeps its first value too. Of the members of a JSON object the last one counts. */
  keepsAll = false;
  /** The text's own; a provider that knows the service or the host has its in the resource. */
  private serviceName = '';
  private hostName = '';
  private bodyRank = none;
  private levelPath = '';
  private levelRank = none;
  private attributeCount = 0;
  private attributesLength = 0;

  constructor(timestamp: number, rules?: LineRules) {
    this.timestamp = timestamp;
    this.rules = rules;
  }

  flag(flag: Flag): void {
    if (!this.flags.includes(flag)) this.flags = [...this.flags, flag];
  }

  /** Sets an attribute, within the limits. */
  attribute(key: string, value: string): void {
    const name = key.length > maxAttributeKeyLength ? this.cut(key, maxAttributeKeyLength) : key;
    const text = value.length > maxAttributeValueLength ? this.cut(value, maxAttributeValueLength) : value;
    this.attributesLength += name.length + text.length;
    if (++this.attributeCount > maxAttributes || this.attributesLength > maxAttributesLength) {
      this.flag(flags.attributesTruncated);
      return;
    }
    if (this.keepsAll && this.attributes[name] !== undefined) this.again(name, text);
    else this.attributes[name] = text;
  }

  /** A name that comes again with another value: `msg`, then `msg.2`. What comes more often than that is not kept apart. */
  private again(name: string, text: string): void {
    if (this.attributes[name] === text) return;
    for (let number = 2; number <= mostSameNames; number++) {
      const numbered = `${name}.${number}`;
      if (this.attributes[numbered] === text) return;
      if (this.attributes[numbered] !== undefined) continue;
      this.attributes[numbered] = text;
      return;
    }
    this.flag(flags.attributesTruncated);
  }

  /** Sets an attribute unless there is nothing to set. */
  attributeIfAny(key: string, value: string | undefined): void {
    if (value !== undefined && value !== '') this.attribute(key, value);
  }

  /** The provider's own id of the event; no limit on the text's attributes takes it away. */
  uid(id: string): void {
    this.attributes[recordUid] = this.cut(id, maxAttributeValueLength);
  }

  /** Takes an attribute away again, to put it to another use. */
  take(key: string): string | undefined {
    const value = this.attributes[key];
    if (value !== undefined) delete this.attributes[key];
    return value;
  }

  /** Sets a resource attribute unless there is nothing to set or it is known. */
  resourceAttribute(key: string, value: string | undefined): void {
    if (value === undefined || value === '' || this.resource[key] !== undefined) return;
    this.resource[key] = this.cut(value, maxAttributeValueLength);
  }

  /** The service's name as the text states it, in the field `path`. */
  service(name: string, path: string): void {
    if (this.serviceName === '' && this.resource[serviceName] === undefined) this.serviceName = name;
    else this.attribute(path, name);
  }

  /** The host's name as the text states it. */
  host(name: string): void {
    if (this.hostName === '' && this.resource[hostName] === undefined) this.hostName = name;
    else this.attribute(hostName, name);
  }

  /** Puts what the text states of service and host into the resource. To be called once, when all is read. */
  finishResource(): void {
    this.resourceAttribute(serviceName, this.serviceName);
    this.resourceAttribute(hostName, this.hostName);
  }

  /** The provider's own severity: whatever level the text names besides becomes an attribute. */
  providerSeverity(number: number, text: string): void {
    this.severityNumber = number;
    this.severityText = text;
    this.levelRank = providerRank;
  }

  /**
   * A severity that the provider derived, such as from the stream a line was written to: the line's own level counts
   * before it.
   */
  derivedSeverity(number: number, text: string, path: string): void {
    this.level(number, text, path, derivedRank);
  }

  /** A level that the text names, in the field `path`. */
  level(number: number, text: string, path = 'level', rank = 1): void {
    if (rank >= this.levelRank) {
      if (number !== this.severityNumber) this.attribute(path, text);
      return;
    }
    if (this.levelPath !== '') this.attribute(this.levelPath, this.severityText);
    else if (this.levelRank === providerRank) this.attributeIfAny(envelopeLevel, this.severityText);
    this.severityNumber = number;
    this.severityText = text;
    this.levelRank = rank;
    this.levelPath = path;
  }

  /** What states no level and is an error nevertheless: an exception that nobody caught, a panic, a time-out of the platform. */
  inferError(): void {
    if (this.hasOwnLevel) return;
    this.level(severity.error, '');
    this.flag(flags.severityInferred);
  }

  get hasLevel(): boolean {
    return this.levelRank !== none;
  }

  /** Whether a level is known that an inner line's own would not replace. */
  get hasOwnLevel(): boolean {
    return this.levelRank < envelopeRank;
  }

  /** The message for people, in the field `path`. */
  message(text: string, path = 'message', rank = 1): void {
    if (rank >= this.bodyRank) {
      this.attribute(path, text);
      return;
    }
    if (this.bodyPath !== '') this.attribute(this.bodyPath, this.body);
    this.body = text;
    this.bodyRank = rank;
    this.bodyPath = path;
  }

  /** Puts another text in the place of the message, whatever its rank. */
  replaceBody(text: string): void {
    this.body = text;
    if (this.bodyPath === '') {
      this.bodyPath = 'message';
      this.bodyRank = 1;
    }
  }

  /** The time that the text states, ISO 8601. */
  time(iso: string): void {
    if (this.attributes[logTime] === undefined) this.attribute(logTime, iso);
  }

  /** Adds the nanoseconds of a time that was in whole seconds. @returns whether there was one. */
  refineTime(nanoseconds: string): boolean {
    const time = this.attributes[logTime];
    if (time === undefined || time.length !== 20 || !time.endsWith('Z') || nanoseconds.length > 9) return false;
    this.attributes[logTime] = `${time.slice(0, 19)}.${nanoseconds.padStart(9, '0')}Z`;
    return true;
  }

  get hasTime(): boolean {
    return this.attributes[logTime] !== undefined;
  }

  /** @returns whether it is a trace id and no other is known; otherwise it is the caller's to keep. */
  trace(text: string): boolean {
    const id = traceIdOf(text);
    if (id === null || (this.traceId !== null && this.traceId !== id)) return false;
    this.traceId = id;
    return true;
  }

  /** @returns whether it is a span id and no other is known; otherwise it is the caller's to keep. */
  span(text: string): boolean {
    const id = spanIdOf(text);
    if (id === null || (this.spanId !== null && this.spanId !== id)) return false;
    this.spanId = id;
    return true;
  }

  /** @returns whether there was a context and no other is known. */
  traceContext(context: TraceContext | null): boolean {
    if (context === null || (this.traceId !== null && this.traceId !== context.traceId)) return false;
    this.traceId = context.traceId;
    this.spanId ??= context.spanId;
    return true;
  }

  /** Takes over what was read into a draft of its own because it could still have proved unreadable. */
  absorb(other: Draft): void {
    if (this.attributeCount === 0) {
      this.attributes = other.attributes;
      this.attributeCount = other.attributeCount;
      this.attributesLength = other.attributesLength;
    } else {
      const { keepsAll } = this;
      this.keepsAll = true;
      for (const key of Object.keys(other.attributes)) this.attribute(key, other.attributes[key] as string);
      this.keepsAll = keepsAll;
    }
    for (const key in other.resource) this.resourceAttribute(key, other.resource[key]);
    for (const flag of other.flags) this.flag(flag);
    if (other.levelRank !== none)
      this.level(other.severityNumber, other.severityText, other.levelPath, other.levelRank);
    if (other.bodyPath !== '') this.message(other.body, other.bodyPath, other.bodyRank);
    this.absorbTrace(other);
    if (other.serviceName !== '') this.service(other.serviceName, 'service');
    if (other.hostName !== '') this.host(other.hostName);
    this.shape = other.shape;
    if (other.rule !== '') this.rule = other.rule;
    this.numericLevel ??= other.numericLevel;
  }

  /** Takes over what a line said that this one carried: its message for the whole of it, and its own time. */
  absorbInner(inner: Draft): void {
    const { [logTime]: outer } = this.attributes;
    const { [logTime]: own } = inner.attributes;
    if (outer !== undefined && own !== undefined) {
      delete this.attributes[logTime];
      if (outer !== own) this.attribute(envelopeTime, outer);
    }
    this.replaceBody(inner.body);
    inner.bodyPath = '';
    this.absorb(inner);
  }

  /**
   * Lets `read` fill a draft that is thrown away when it returns false: for formats that prove to be others late. Where
   * nothing has been read into this one yet it serves itself.
   */
  attempt(read: (draft: Draft) => boolean): boolean {
    if (!this.isBlank) {
      const inner = new Draft(this.timestamp, this.rules);
      if (!read(inner)) return false;
      this.absorb(inner);
      return true;
    }
    const { flags: before } = this;
    if (read(this)) return true;
    this.clear();
    this.flags = before;
    return false;
  }

  /** Whether no text has been read into it: at most the provider has set resource attributes. */
  private get isBlank(): boolean {
    const hasText = this.bodyPath !== '' || this.levelRank !== none || this.attributeCount > 0;
    return !hasText && this.traceId === null && this.spanId === null && this.serviceName === '' && this.hostName === '';
  }

  private clear(): void {
    this.attributes = newStringMap();
    this.attributeCount = 0;
    this.attributesLength = 0;
    this.body = '';
    this.bodyPath = '';
    this.bodyRank = none;
    this.severityNumber = 0;
    this.severityText = '';
    this.levelPath = '';
    this.levelRank = none;
    this.numericLevel = undefined;
    this.traceId = null;
    this.spanId = null;
    this.serviceName = '';
    this.hostName = '';
    this.shape = '';
    this.rule = '';
  }

  /** The first trace stands; another one is worth keeping. */
  private absorbTrace({ traceId, spanId }: Draft): void {
    if (this.traceId === null) this.traceId = traceId;
    else if (traceId !== null && traceId !== this.traceId) this.attribute('trace_id', traceId);
    if (this.spanId === null) this.spanId = spanId;
    else if (spanId !== null && spanId !== this.spanId) this.attribute('span_id', spanId);
  }

  private cut(text: string, length: number): string {
    if (text.length <= length) return text;
    this.flag(flags.attributesTruncated);
    return cutToLength(text, length);
  }
}
