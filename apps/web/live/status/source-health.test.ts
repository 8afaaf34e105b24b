import type { Connection } from '@tailrace/http/contract/generated.ts';
import { expect, test } from 'vitest';
import { byUrgency, healthOf, summaryOf } from './source-health.ts';

const now = Date.parse('2026-01-31T08:00:00Z');
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString();

/** A connection that is read and has nothing to say, apart from what is given. */
function source(status: object | null = {}, rest: object = {}): Connection {
  return {
    id: 'conn_1',
    connection_name: 'shop',
    desired_state: 'running',
    version: 1,
    updated_at: ago(600),
    status: status && {
      state: 'running',
      state_since: ago(600),
      updated_at: ago(5),
      applied_version: 1,
      events_per_second: 1,
      last_event_time: ago(2),
      complete_up_to: ago(30),
      lag_ms: 800,
      quiet_since: null,
      held_back: null,
      last_error: null,
      ...status,
    },
    ...rest,
  } as Connection;
}

const held = {
  reason: 'timeout',
  since: ago(240),
  detail: 'No answer within 30 s.',
  help: 'Raise request_timeout_ms.',
};
const error = { code: 'connector.auth_refused', message: 'The key is wrong.', help: 'Enter another.', at: ago(9) };

test.each([
  ['is read', source(), 'ok', 'lag 800 ms', undefined],
  ['is quiet', source({ state: 'idle', quiet_since: ago(420), lag_ms: 0 }), 'ok', 'quiet since', undefined],
  ['is behind', source({ lag_ms: 240_000 }), 'behind', 'behind 4 min', undefined],
  ['is behind for a reason', source({ lag_ms: 240_000, held_back: held }), 'behind', 'behind 4 min', held.detail],
  ['stands still', source({ held_back: held }), 'behind', 'held back for 4 min', held.detail],
  [
    'waits for late events',
    source({ held_back: { ...held, reason: 'late_events', detail: 'Up to 3 minutes late.' } }),
    'ok',
    'lag 800 ms',
    'Up to 3 minutes late.',
  ],
  [
    'reads what is old first',
    source({ lag_ms: 240_000, held_back: { ...held, reason: 'starting', detail: 'The last 2 hours are read.' } }),
    'catching up',
    'catching up',
    'The last 2 hours are read.',
  ],
  ['has just been started', source(null, { updated_at: ago(5) }), 'starting', 'starting', undefined],
  ['starts', source({ state: 'starting', state_since: ago(5) }), 'starting', 'starting', undefined],
  [
    'starts for long',
    source({ state: 'starting', state_since: ago(90), held_back: { ...held, reason: 'quota', detail: 'The quota.' } }),
    'starting',
    'starting for 90 s',
    'The quota.',
  ],
  [
    'starts in vain',
    source({ state: 'starting', state_since: ago(90), last_error: error }),
    'starting',
    '90 s',
    error.message,
  ],
  [
    'is refused',
    source({ state: 'auth_refused', last_error: error }),
    'credentials refused',
    'credentials',
    error.message,
  ],
  ['was taken up by nobody', source(null), 'not read', 'not read', 'No ingest process has reported on it for 10 min.'],
  ['has fallen silent', source({ updated_at: ago(200) }), 'not read', 'not read', 'No ingest process has reported'],
  ['is stopped', source({ updated_at: ago(4000) }, { desired_state: 'stopped' }), 'stopped', 'stopped', undefined],
])('a source that %s', (_, connection, group, words, reason) => {
  const health = healthOf(connection, undefined, now);
  expect(health).toMatchObject({ group, words: expect.stringContaining(words) });
  expect(health.reason ?? '').toContain(reason ?? '');
  expect(health.reason === undefined).toBe(reason === undefined);
});

test('the newer of two statuses counts', () => {
  const connection = source({ updated_at: ago(5), lag_ms: 100 });
  const live = (seconds: number) => ({ ...source({ updated_at: ago(seconds), lag_ms: 9000 }).status }) as never;
  expect(healthOf(connection, live(1), now).words).toBe('lag 9.0 s');
  expect(healthOf(connection, live(60), now).words).toBe('lag 100 ms');
});

test('what is well comes first in the summary, what needs somebody first in the list', () => {
  const all = [
    healthOf(source({}, { connection_name: 'b' }), undefined, now),
    healthOf(source({ lag_ms: 240_000 }, { connection_name: 'c' }), undefined, now),
    healthOf(source({}, { connection_name: 'a' }), undefined, now),
    healthOf(source({}, { connection_name: 'd', desired_state: 'stopped' }), undefined, now),
    healthOf(source({ state: 'auth_refused', last_error: error }, { connection_name: 'e' }), undefined, now),
  ].sort(byUrgency);
  expect(all.map(({ name }) => name).join('')).toBe('ecdab');
  expect(summaryOf(all).map(({ group, count }) => `${count} ${group}`)).toEqual([
    '2 ok',
    '1 credentials refused',
    '1 behind',
    '1 stopped',
  ]);
});
