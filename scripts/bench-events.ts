import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';

const services = ['checkout', 'payments', 'inventory', 'auth', 'search', 'gateway', 'mailer', 'reports'];
const levels = ['debug', 'info', 'info', 'info', 'info', 'warn', 'error', 'info', 'info', 'fatal'];
const messages: readonly ((one: number, other: number) => string)[] = [
  (one, other) => `order ${one} accepted for customer ${other}`,
  (one, other) => `payment provider answered ${one} after ${other} ms`,
  (one, other) => `cache miss for key user:${one}:${other}`,
  (one, other) => `retrying upstream call attempt ${one} of ${other}`,
  (one, other) => `request finished status=${one} duration_ms=${other}`,
  (one, other) => `connection pool exhausted active=${one} waiting=${other}`,
  (one, other) => `slow query took ${one} ms rows=${other}`,
  (one, other) => `token refreshed for session ${one} ttl=${other}`,
  (one, other) => `unable to reach dependency code=${one} shard=${other}`,
  (one, other) => `queue depth ${one} lag ${other}`,
];
const connections = 50;
const firstTimestamp = 1_760_000_000_000_000;

/** A generator of pseudo-random whole numbers, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/**
 * Raw events of the mix that the peers' generator makes (60 % JSON, 25 % text with a level, 15 % logfmt, about 512
 * bytes with their envelope, 50 connections), in our form.
 */
export function benchEvents(count: number, seed = 42): RawEvent[] {
  const random = randomNumbers(seed);
  const hex = (digits: number) => Array.from({ length: digits }, () => random(16).toString(16)).join('');
  return Array.from({ length: count }, (_, index) => {
    const connection = random(connections);
    const service = services[random(services.length)] as string;
    const level = levels[random(levels.length)] as string;
    const one = random(100_000);
    const other = random(5000);
    const text = (messages[random(messages.length)] as (typeof messages)[number])(one, other);
    const kind = random(100);
    const message =
      kind < 60
        ? `{"level":"${level}","msg":"${text}","service":"${service}","trace_id":"${hex(32)}","span_id":"${hex(16)}","user_id":${one},"duration_ms":${other},"region":"eu-central-1"}`
        : kind < 85
          ? `2025-10-09T08:53:20.000Z ${level.toUpperCase()} [${service}] [thread-${other % 64}] com.example.${service}.Handler - ${text} request-id=${hex(16)} remote=10.0.${one % 256}.${other % 256}`
          : `ts=2025-10-09T08:53:20.000Z level=${level} service=${service} trace_id=${hex(32)} user_id=${one} duration_ms=${other} msg="${text}"`;
    return rawAwsEvent({ index, connection, service, message, id: `3${hex(18).replace(/\D/g, '7')}` });
  });
}

interface AwsEvent {
  readonly index: number;
  readonly connection: number;
  readonly service: string;
  readonly message: string;
  readonly id: string;
}

function rawAwsEvent({ index, connection, service, message, id }: AwsEvent): RawEvent {
  const timestamp = firstTimestamp + index * 1000;
  const stream = `${service}/api/${(connection * 8 + service.length).toString(16).padStart(12, '0')}`;
  const eventId = `${id}${1_000_000_000 + index}00000000000000000`;
  return {
    connection_id: `conn_${String(connection).padStart(24, '0')}`,
    project_id: `proj-${String(Math.floor(connection / 5)).padStart(4, '0')}`,
    provider: 'aws',
    event_id: eventId,
    timestamp,
    timestamp_nanos: 0,
    observed_timestamp: timestamp + 500_000,
    ingest_timestamp: timestamp + 800_000,
    source: { region: 'eu-central-1', account_id: '123456789012', log_group: `/services/${service}` },
    stream,
    payload: JSON.stringify({
      logStreamName: stream,
      timestamp: timestamp / 1000,
      message,
      ingestionTime: timestamp / 1000 + 500,
      eventId,
    }),
    rewind_id: null,
  };
}
