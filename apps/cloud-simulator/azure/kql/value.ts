import { type Instant, rfc3339 } from '../../instant.ts';
import type { Json } from '../../store/cloud-event.ts';

declare global {
  interface JSON {
    /** Text that `JSON.stringify` takes over as it is (ECMAScript 2025; Node 22 and later have it). */
    rawJSON(text: string): unknown;
  }
}

/** The types of Kusto that our tables and expressions have. */
export type KqlType = 'string' | 'long' | 'int' | 'real' | 'bool' | 'datetime' | 'timespan' | 'dynamic' | 'guid';

/**
 * A scalar: bigint for datetime and timespan (nanoseconds) and for a long above 2^53, JSON for dynamic, null for none.
 * Which of these it is follows from the column's type.
 */
export type KqlValue = Json | bigint;

export interface Column {
  readonly name: string;
  readonly type: KqlType;
  /** Not in the result unless the query names it: `_ItemId`. */
  readonly hidden?: boolean;
}

/** As `tostring()` gives it. */
export function asText(value: KqlValue, type: KqlType): string {
  if (value === null) return '';
  if (typeof value === 'bigint') {
    if (type === 'datetime') return asDatetime(value);
    return type === 'timespan' ? asTimespan(value) : value.toString();
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Kusto keeps ticks of 100 ns: seven digits. */
function asDatetime(value: Instant): string {
  return rfc3339(value, 7);
}

/** `d.hh:mm:ss.fffffff`, as Kusto writes a timespan. */
function asTimespan(value: bigint): string {
  const size = value < 0n ? -value : value;
  const days = size / 86_400_000_000_000n;
  const time = asDatetime(size % 86_400_000_000_000n).slice(11, -1);
  return `${value < 0n ? '-' : ''}${days === 0n ? '' : `${days}.`}${time}`;
}

/** A cell of the API's answer. JSON has no datetime and no dynamic: both are strings there. */
export function asCell(value: KqlValue, type: KqlType): unknown {
  if (value === null) return type === 'string' ? '' : null;
  if (type === 'string' || type === 'guid' || type === 'datetime' || type === 'timespan') return asText(value, type);
  if (type === 'dynamic') return typeof value === 'string' ? value : JSON.stringify(value);
  return typeof value === 'bigint' ? JSON.rawJSON(value.toString()) : value;
}
