import { maxFieldName } from '@tailrace/log-query/query/field-text.ts';

/** What part of time the live page shows. */
export type TimeView =
  /** From a span before now on, and on with what comes. */
  | { readonly kind: 'live'; readonly span: Span }
  /** Around a moment; RFC 3339. Further down it goes on to the present. */
  | { readonly kind: 'at'; readonly at: string }
  /** A part of the past. */
  | { readonly kind: 'range'; readonly from: string; readonly to: string };

/** Everything that the address of the live page holds: two people with the same address see the same. */
export interface View {
  readonly query: string;
  readonly time: TimeView;
  /** The line that is open: its time and id. */
  readonly line: { readonly timestamp: string; readonly id: string } | undefined;
  /** The field that stacks the histogram, as the API takes it; left out: by severity. */
  readonly by?: string | undefined;
}

/** A span before now, as the API takes it: `-15m`. */
export type Span = `-${number}${'s' | 'm' | 'h' | 'd'}`;

export const defaultSpan: Span = '-15m';

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function isSpan(text: string): text is Span {
  return /^-[1-9]\d{0,5}[smhd]$/.test(text);
}

export function spanMs(span: Span): number {
  const [, amount = '0', unit = 's'] = /^-(\d+)([smhd])$/.exec(span) ?? [];
  return Number(amount) * (unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? unitMs[unit] : 0);
}

/** Milliseconds since the epoch that a view is about. */
export function rangeOf(time: TimeView, now: number): { readonly from: number; readonly to: number } {
  if (time.kind === 'live') return { from: now - spanMs(time.span), to: now };
  if (time.kind === 'range') return { from: Date.parse(time.from), to: Date.parse(time.to) };
  const at = Date.parse(time.at);
  return { from: at - momentMs, to: Math.min(Math.max(now, at - momentMs + 1), at + momentMs) };
}

/** How much of both sides of a moment the histogram shows. */
const momentMs = 10 * 60_000;

/** Reads the address. What makes no sense there is left out. */
export function parseView(search: string): View {
  const parameters = new URLSearchParams(search);
  const [timestamp, id] = (parameters.get('line') ?? '').split('~');
  const by = parameters.get('by') ?? '';
  return {
    query: queryOf(parameters),
    time: timeOf(parameters),
    line: timestamp && id && isTime(timestamp) ? { timestamp, id } : undefined,
    ...(by !== '' && by.length <= maxFieldName && { by }),
  };
}

/** The written filter; `connections`, as links of alerts have it, is a part of it. */
function queryOf(parameters: URLSearchParams): string {
  const query = parameters.get('q') ?? '';
  const connections = parameters.get('connections');
  return connections === null || query.includes('connection:') ? query : `${query} connection:${connections}`.trim();
}

function timeOf(parameters: URLSearchParams): TimeView {
  const [from, to, at] = ['from', 'to', 'at'].map((name) => parameters.get(name) ?? '') as [string, string, string];
  if (isTime(from) && isTime(to) && Date.parse(from) < Date.parse(to)) return { kind: 'range', from, to };
  if (isTime(at)) return { kind: 'at', at };
  return { kind: 'live', span: isSpan(from) ? from : defaultSpan };
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text));
}

/** Writes the address: `?q=level:error&from=-1h`, empty for the plain view. */
export function viewSearch({ query, time, line, by }: View): string {
  const parameters = new URLSearchParams();
  if (query !== '') parameters.set('q', query);
  if (time.kind === 'at') parameters.set('at', time.at);
  if (time.kind === 'range') {
    parameters.set('from', time.from);
    parameters.set('to', time.to);
  }
  if (time.kind === 'live' && time.span !== defaultSpan) parameters.set('from', time.span);
  if (by !== undefined) parameters.set('by', by);
  if (line) parameters.set('line', `${line.timestamp}~${line.id}`);
  return parameters.size === 0 ? '' : `?${parameters}`;
}

/**
 * A moment as people write it: so long ago (`-15m`, `15m`, `2h ago`), or a time (`14:05`, `2026-01-31 14:05:30`, RFC 3339)
 * in the browser's own time zone where it names none. Undefined for anything else and for the future.
 */
export function readMoment(text: string, now: Date): TimeView | undefined {
  const trimmed = text.trim();
  const [, amount, unit] = /^-?\s*(\d{1,6})\s*([smhd])(?:\s+ago)?$/i.exec(trimmed) ?? [];
  const span = `-${amount}${unit?.toLowerCase()}`;
  if (isSpan(span)) return momentAt(now.getTime() - spanMs(span));
  const clock = /^(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(trimmed);
  const moment = clock ? clockToday(clock, now) : new Date(trimmed.replace(/^(\d{4}-\d\d-\d\d) /, '$1T'));
  if (!/^\d/.test(trimmed) || Number.isNaN(moment.getTime()) || moment > now) return undefined;
  return momentAt(moment.getTime());
}

/** Undefined before 1970. */
function momentAt(ms: number): TimeView | undefined {
  return ms < 0 ? undefined : { kind: 'at', at: new Date(ms).toISOString() };
}

/** The last time a clock showed it. */
function clockToday([, hours, minutes, seconds]: RegExpExecArray, now: Date): Date {
  const moment = new Date(now);
  moment.setHours(Number(hours), Number(minutes), Number(seconds ?? 0), 0);
  if (moment > now) moment.setDate(moment.getDate() - 1);
  return moment;
}
