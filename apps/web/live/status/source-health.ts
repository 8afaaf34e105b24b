import type { Connection, ConnectionStatus } from '@tailrace/http/contract/generated.ts';
import { type Tone, toneOf, wordsOf } from '../../connections/connection-state.ts';
import { duration, shortMoment } from '../../ui/text/format.ts';

/** How one source does, in words. */
export interface SourceHealth {
  readonly id: string;
  readonly name: string;
  /** What it is counted as in the summary: `ok`, `behind`, or its state. */
  readonly group: string;
  readonly tone: Tone;
  /** How it stands: `behind 4 min`, `quiet since 14:05:00`, `credentials refused`. */
  readonly words: string;
  /** Why, and what to do about it; undefined where there is nothing to say. */
  readonly reason: string | undefined;
  readonly help: string | undefined;
  /** Every earlier event has been read. */
  readonly completeUpTo: string | null;
}

/** Reading that is further behind than this does not keep up. */
const behindMs = 60_000;
/** A status is published once a minute at least: when this much is missed, nothing reads the source. */
const silentMs = 180_000;
/** A start may take this long before it needs a reason. */
const startMs = 60_000;

/**
 * @param live the last status that the WebSocket gave, if any; the newer of it and the connection's own counts.
 * @param now milliseconds since the epoch.
 */
export function healthOf(connection: Connection, live: ConnectionStatus | undefined, now: number): SourceHealth {
  const status = newer(connection.status, live);
  return {
    id: connection.id,
    name: connection.connection_name,
    completeUpTo: status?.complete_up_to ?? null,
    reason: undefined,
    help: undefined,
    ...standingOf(connection, status, now),
  };
}

type Standing = Pick<SourceHealth, 'group' | 'tone' | 'words'> & Partial<Pick<SourceHealth, 'reason' | 'help'>>;

function standingOf(connection: Connection, status: ConnectionStatus | undefined, now: number): Standing {
  const { desired_state: desired } = connection;
  if (desired !== 'running') return inState(desired);
  const sinceChange = now - Date.parse(connection.updated_at);
  if (status === undefined || status.state === 'stopped' || status.state === 'paused') {
    return sinceChange > startMs ? unread(sinceChange) : inState('starting');
  }
  const silence = now - Date.parse(status.updated_at);
  if (silence > silentMs) return unread(silence);
  const { state, last_error: error, held_back: held } = status;
  if (state === 'starting') return starting(status, now);
  if (toneOf(state) !== 'good') return { ...inState(state), reason: error?.message, help: error?.help ?? undefined };
  return reading(status, held, now);
}

function inState(state: Parameters<typeof wordsOf>[0]): Standing {
  return { group: wordsOf(state), tone: toneOf(state), words: wordsOf(state) };
}

function unread(forMs: number): Standing {
  return {
    group: 'not read',
    tone: 'bad',
    words: 'not read',
    reason: `No ingest process has reported on it for ${duration(forMs)}.`,
    help: 'See whether ingest runs and reaches Kafka: tailrace doctor.',
  };
}

function starting({ state_since: since, held_back: held, last_error: error }: ConnectionStatus, now: number): Standing {
  const forMs = now - Date.parse(since);
  const isLong = forMs > startMs;
  return {
    group: 'starting',
    tone: isLong ? 'warn' : 'none',
    words: isLong ? `starting for ${duration(forMs)}` : 'starting',
    reason: held?.detail ?? (isLong ? error?.message : undefined),
    help: held?.help ?? (isLong ? error?.help : undefined) ?? undefined,
  };
}

/** Of a source that is read. */
function reading(status: ConnectionStatus, held: ConnectionStatus['held_back'], now: number): Standing {
  const { lag_ms: lag, quiet_since: quietSince } = status;
  const why = { reason: held?.detail, help: held?.help ?? undefined };
  if (held?.reason === 'starting') return { group: 'catching up', tone: 'none', words: 'catching up', ...why };
  if (lag !== null && lag > behindMs) {
    return { group: 'behind', tone: 'warn', words: `behind ${duration(lag)}`, ...why };
  }
  const lagWords = lag === null ? 'running' : `lag ${duration(lag)}`;
  // Its events come late, not its reading.
  if (held?.reason === 'late_events') return { group: 'ok', tone: 'good', words: lagWords, ...why };
  if (held) {
    const words = `held back for ${duration(now - Date.parse(held.since))}`;
    return { group: 'behind', tone: 'warn', words, ...why };
  }
  const words = quietSince === null ? lagWords : `quiet since ${shortMoment(quietSince, new Date(now))}`;
  return { group: 'ok', tone: 'good', words };
}

function newer(stored: ConnectionStatus | null, live: ConnectionStatus | undefined): ConnectionStatus | undefined {
  if (stored === null || live === undefined) return live ?? stored ?? undefined;
  return Date.parse(live.updated_at) >= Date.parse(stored.updated_at) ? live : stored;
}

const urgency: readonly Tone[] = ['bad', 'warn', 'none', 'good'];

/** What needs somebody first, then by name. */
export function byUrgency(a: SourceHealth, b: SourceHealth): number {
  return urgency.indexOf(a.tone) - urgency.indexOf(b.tone) || (a.name < b.name ? -1 : 1);
}

/** How many sources stand in each way: what is well first, then the rest, what needs somebody before what does not. */
export function summaryOf(sources: readonly SourceHealth[]): readonly { group: string; tone: Tone; count: number }[] {
  const groups = new Map<string, { group: string; tone: Tone; count: number }>();
  for (const { group, tone } of sources) {
    const known = groups.get(group);
    if (known === undefined) groups.set(group, { group, tone, count: 1 });
    else {
      known.count += 1;
      if (urgency.indexOf(tone) < urgency.indexOf(known.tone)) known.tone = tone;
    }
  }
  return [...groups.values()].sort(
    (a, b) => Number(b.group === 'ok') - Number(a.group === 'ok') || urgency.indexOf(a.tone) - urgency.indexOf(b.tone),
  );
}
