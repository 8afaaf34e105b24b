import { ConnectionLostError } from '@tailrace/kafka/errors.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { expect, it, onTestFinished, vi } from 'vitest';
import { consumerLag } from './consumer-lag.ts';

const never = new AbortController().signal;

async function shown(metrics: Metrics): Promise<string[]> {
  // Each look is a second after the one before.
  vi.advanceTimersByTime(1000);
  return (await metrics.expose()).split('\n').filter((line) => line.startsWith('tailrace_consumer_lag_records{'));
}

function measured(offsets: (topic: string) => Promise<readonly number[]>) {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const metrics = new Metrics();
  return { metrics, lag: consumerLag(metrics, { admin: { offsets } as never }, 'sink') };
}

it('the lag of a group grows while nothing is committed', async () => {
  let end = 10;
  const { metrics, lag } = measured(async () => [0, end]);
  lag.follow({ topic: 'logs', partition: 1 }, () => 10, never);
  expect(await shown(metrics)).toEqual(['tailrace_consumer_lag_records{group="sink",topic="logs",partition="1"} 0']);
  end = 35;
  expect(await shown(metrics)).toEqual(['tailrace_consumer_lag_records{group="sink",topic="logs",partition="1"} 25']);
});

it('the lag of a group is left out while Kafka does not answer, rather than shown as it was', async () => {
  let away = false;
  const { metrics, lag } = measured(async () => {
    if (away) throw new ConnectionLostError('no broker');
    return [7];
  });
  lag.follow({ topic: 'logs', partition: 0 }, () => 0, never);
  expect((await shown(metrics)).length).toBe(1);
  away = true;
  expect(await shown(metrics)).toEqual([]);
  away = false;
  expect((await shown(metrics)).length).toBe(1);
});

it('the lag of a group does not hold a scrape up for a Kafka that hangs', async () => {
  const { metrics, lag } = measured(() => new Promise(() => undefined));
  lag.follow({ topic: 'logs', partition: 0 }, () => 0, never);
  expect(await shown(metrics)).toEqual([]);
});

it('the lag of a group goes on by what the last try had reached', async () => {
  const { metrics, lag } = measured(async () => [7]);
  lag.follow({ topic: 'logs', partition: 0 }, () => 1, never);
  lag.follow({ topic: 'logs', partition: 0 }, () => 5, never);
  expect(await shown(metrics)).toEqual(['tailrace_consumer_lag_records{group="sink",topic="logs",partition="0"} 2']);
});

it('the lag of a group ends with the partition', async () => {
  const { metrics, lag } = measured(async () => [7]);
  const revoked = new AbortController();
  lag.follow({ topic: 'logs', partition: 0 }, () => 0, revoked.signal);
  await shown(metrics);
  revoked.abort();
  expect(await shown(metrics)).toEqual([]);
});
