import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { HeldBackReason } from '@tailrace/schemas/generated/held-back-reason.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { expect, it } from 'vitest';
import { countConnections } from './connection-metrics.ts';

type Shown = Pick<ConnectionStatus, 'connection_id' | 'state' | 'held_back' | 'complete_up_to'>;

const secondsAgo = (seconds: number) => (Date.now() - seconds * 1000) * 1000;

/** @param seconds how long ago: since when it is held back, and up to when it is complete. */
function held(id: string, reason: HeldBackReason, seconds: { since: number; upTo?: number }): Shown {
  return {
    connection_id: id,
    state: 'running',
    held_back: { reason, since: secondsAgo(seconds.since), detail: '', help: null },
    complete_up_to: seconds.upTo === undefined ? null : secondsAgo(seconds.upTo),
  };
}

const keepsUp: Shown = { connection_id: 'conn_up', state: 'idle', held_back: null, complete_up_to: secondsAgo(5000) };

/** Two processors' worth of connections, changed in place. */
function gauges(...statuses: Shown[]) {
  const metrics = new Metrics();
  const supervisor = (own: () => readonly Shown[]) => ({
    *published() {
      yield* own() as readonly ConnectionStatus[];
    },
  });
  const stop = countConnections(
    metrics,
    new Set([supervisor(() => statuses.slice(0, 1)), supervisor(() => statuses.slice(1))]),
  );
  const read = async (name: string) =>
    new Map(
      [...(await metrics.expose()).matchAll(new RegExp(`^tailrace_ingest_${name}\\{(.*)\\} (\\S+)$`, 'gm'))].map(
        ([, labels = '', value]) => [labels.replaceAll('"', ''), Number(value)],
      ),
    );
  return { statuses, stop, read };
}

it('the collector of connection metrics counts the connections that are held back by reason, and none that keeps up', async () => {
  const { read } = gauges(
    keepsUp,
    held('conn_a', 'quota', { since: 60 }),
    held('conn_b', 'quota', { since: 60 }),
    held('conn_c', 'error', { since: 60 }),
  );
  expect(Object.fromEntries(await read('held_back_connections'))).toEqual({
    'reason=starting': 0,
    'reason=quota': 2,
    'reason=timeout': 0,
    'reason=error': 1,
    'reason=late_events': 0,
  });
  expect((await read('connections')).get('state=running')).toBe(3);
});

it('the collector of connection metrics says how far what is held back is complete, else since when it has been, and nothing of what keeps up', async () => {
  const { read } = gauges(
    keepsUp,
    held('conn_a', 'quota', { since: 60, upTo: 900 }),
    held('conn_b', 'timeout', { since: 60 }),
  );
  const behind = await read('connection_behind_seconds');
  expect([...behind.keys()].sort()).toEqual(['connection=conn_a,reason=quota', 'connection=conn_b,reason=timeout']);
  for (const [connection, least] of [
    ['conn_a,reason=quota', 900],
    ['conn_b,reason=timeout', 60],
  ] as const) {
    expect(behind.get(`connection=${connection}`)).toBeGreaterThanOrEqual(least);
    expect(behind.get(`connection=${connection}`)).toBeLessThan(least + 120);
  }
});

it('the collector of connection metrics forgets a connection that keeps up again, or is held back for another reason', async () => {
  const { statuses, read } = gauges(held('conn_a', 'quota', { since: 60 }), held('conn_b', 'timeout', { since: 60 }));
  await read('connection_behind_seconds');
  statuses.splice(0, 2, { ...keepsUp, connection_id: 'conn_a' }, held('conn_b', 'error', { since: 60 }));
  expect([...(await read('connection_behind_seconds')).keys()]).toEqual(['connection=conn_b,reason=error']);
  expect((await read('held_back_connections')).get('reason=quota')).toBe(0);
});

it('the collector of connection metrics gives a series to the twenty that are furthest behind, however many there are', async () => {
  const all = Array.from({ length: 30 }, (_, index) =>
    held(`conn_${index}`, 'quota', { since: 60, upTo: 100 * index }),
  );
  const { read } = gauges(...all);
  const named = [...(await read('connection_behind_seconds')).keys()].sort();
  expect(named).toEqual(
    all
      .slice(10)
      .map(({ connection_id: id }) => `connection=${id},reason=quota`)
      .sort(),
  );
  expect((await read('held_back_connections')).get('reason=quota')).toBe(30);
});
