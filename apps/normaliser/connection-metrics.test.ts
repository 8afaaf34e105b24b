import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { expect, it } from 'vitest';
import { ConnectionMetrics } from './connection-metrics.ts';

const batch = (connectionId: string, lines = 4, plain = 1) => ({
  connectionId,
  ...{ lines, withLevel: lines - plain, withTime: 2, plain },
});

function opened() {
  const metrics = new Metrics();
  const deleted = new Set<string>();
  const time = { ms: 0 };
  const connections = new ConnectionMetrics({ metrics, exists: (id) => !deleted.has(id), clock: () => time.ms });
  const shown = async () => {
    const pattern = /^tailrace_normaliser_connection_lines(\w*)_total\{connection="([^"]+)"\} (\d+)$/gm;
    const found = (await metrics.expose()).matchAll(pattern);
    return Object.fromEntries(Array.from(found, ([, name, id, value]) => [`${id}${name}`, Number(value)]));
  };
  return { connections, deleted, time, shown };
}

it('counters of each connection say how many of its lines were understood, however often they are scraped', async () => {
  const { connections, shown } = opened();
  connections.add(batch('conn_a'));
  connections.add(batch('conn_a'));
  connections.add(batch('conn_b', 3, 3));
  const expected = {
    ...{ conn_a: 8, conn_a_with_level: 6, conn_a_with_time: 4, conn_a_plain: 2 },
    ...{ conn_b: 3, conn_b_with_level: 0, conn_b_with_time: 2, conn_b_plain: 3 },
  };
  expect(await shown()).toEqual(expected);
  expect(await shown()).toEqual(expected);
});

it('the series of a connection end when it is deleted, and when another process reads its lines', async () => {
  const { connections, deleted, shown } = opened();
  for (const id of ['conn_a', 'conn_b', 'conn_c']) connections.add(batch(id));
  deleted.add('conn_a');
  connections.release(['conn_b']);
  expect(Object.keys(await shown()).filter((name) => /^conn_.$/.test(name))).toEqual(['conn_c']);
});

it('500 connections have series of their own, further ones share one until a place is free', async () => {
  const { connections, deleted, time, shown } = opened();
  for (let number = 0; number < 500; number++) connections.add(batch(`conn_${number}`));
  time.ms = 1000;
  connections.add(batch('conn_more'));
  connections.add(batch('conn_most', 6));
  let found = await shown();
  expect(Object.keys(found)).toHaveLength(501 * 4);
  expect(found['(others)']).toBe(10);

  deleted.add('conn_17');
  connections.add(batch('conn_more'));
  found = await shown();
  expect([found.conn_more, found.conn_17, found['(others)']]).toEqual([4, undefined, 10]);

  // An hour without a line: the one that has been quiet for longest goes first.
  for (let number = 0; number < 500; number++)
    if (number !== 3 && number !== 17) connections.add(batch(`conn_${number}`));
  time.ms = 3_600_500;
  connections.add(batch('conn_most'));
  connections.add(batch('conn_late'));
  found = await shown();
  expect([found.conn_3, found.conn_most, found.conn_late, found['(others)']]).toEqual([undefined, 4, undefined, 14]);
  expect(Object.keys(found)).toHaveLength(501 * 4);
});
