import { describe, expect, it } from 'vitest';
import { Metrics } from './metrics.ts';

const records = { name: 'tailrace_records_total', help: 'Records read.', labels: ['topic'] } as const;

describe('Metrics', () => {
  it('gives roles that declare the same metric the same one', async () => {
    const metrics = new Metrics();
    metrics.counter(records).inc({ topic: 'logs' }, 2);
    metrics.counter(records).inc({ topic: 'logs' }, 3);
    expect(await metrics.expose()).toContain('tailrace_records_total{topic="logs"} 5');
  });

  it('keeps two processes apart', async () => {
    const one = new Metrics();
    one.counter(records).inc({ topic: 'logs' });
    expect(await new Metrics().expose()).not.toContain('tailrace_records_total');
  });

  it('refuses a second declaration that differs', () => {
    const metrics = new Metrics();
    metrics.counter(records);
    expect(() => metrics.counter({ ...records, labels: ['partition'] })).toThrow(/declared twice/);
    expect(() => metrics.gauge(records)).toThrow(/declared twice/);
  });

  it.each(['tailrace_Records_total', 'tailrace_records', 'tailrace_records-total'] as const)(
    'refuses the counter name %s',
    (name) => {
      expect(() => new Metrics().counter({ name, help: '' })).toThrow(/is no name/);
    },
  );

  it('measures seconds in buckets', async () => {
    const metrics = new Metrics();
    metrics.histogram({ name: 'tailrace_commit_seconds', help: 'Commit.', buckets: [0.1, 1] }).observe(0.5);
    const text = await metrics.expose();
    expect(text).toContain('tailrace_commit_seconds_bucket{le="0.1"} 0');
    expect(text).toContain('tailrace_commit_seconds_bucket{le="1"} 1');
  });

  it('computes a gauge when it is scraped, until it is stopped', async () => {
    const metrics = new Metrics();
    const lag = metrics.gauge({ name: 'tailrace_lag_records', help: 'Lag.' });
    let reads = 0;
    const stop = metrics.beforeScrape(() => lag.set(++reads));
    expect(await metrics.expose()).toContain('tailrace_lag_records 1');
    stop();
    expect(await metrics.expose()).toContain('tailrace_lag_records 1');
  });
});
