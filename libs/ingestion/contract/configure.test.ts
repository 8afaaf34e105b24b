import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connector } from './configure.ts';
import { ConnectorError } from './connector-error.ts';
import { connectionSettings, connectionSettingUses } from './settings.ts';
import { startTime } from './start-from.ts';

const example = connector({
  provider: 'aws',
  configSchema: z.object({
    ...connectionSettings({
      pollIntervalMs: { min: 500, max: 60_000, default: 1000 },
      batchSize: { min: 1, max: 1000, default: 1000 },
    }),
    log_group: z.string(),
    secret_access_key: z.string().min(16),
  }),
  fields: { ...connectionSettingUses, log_group: 'setting', secret_access_key: 'secret' },
  axis: 'event',
  tiers: (config) => [{ lookbackMs: 60_000, everyMs: config.poll_interval_ms }],
  quota: () => ({ key: 'a', requests: 5, perMs: 1000 }),
  describe: (config) => ({ log_group: config.log_group }),
  open: () => ({ test: async () => {}, sweep: async function* () {}, close: async () => {} }),
});
const valid = { log_group: 'g', secret_access_key: 'hunter2hunter2hunter2' };

describe('connector', () => {
  it('gives a connection its own settings, then those of the installation, then its own defaults', () => {
    const { settings, tiers } = example.configure(
      { ...valid, batch_size: 7 },
      { batch_size: 9, poll_interval_ms: 2000, start_from: 'now' },
    );
    expect(settings).toMatchObject({ batch_size: 7, poll_interval_ms: 2000, start_from: 'now', concurrency: 2 });
    expect(tiers).toEqual([{ lookbackMs: 60_000, everyMs: 2000 }]);
  });

  it('leaves a default of the installation that this cloud cannot take', () => {
    expect(example.configure(valid, { batch_size: 5000 }).settings.batch_size).toBe(1000);
  });

  it('names every bad field, and no value', () => {
    const bad = () => example.configure({ secret_access_key: 'hunter2', batch_size: 5000, start_from: 'yesterday' });
    expect(bad).toThrow(ConnectorError);
    expect(bad).toThrow(/start_from: must be "now".*batch_size: must be a whole number of events from 1 to 1000/);
    expect(bad).toThrow(/log_group: .*secret_access_key: /);
    expect(bad).not.toThrow(/hunter2/);
  });
});

describe('start_from', () => {
  const now = Date.parse('2026-03-01T12:00:00Z') * 1000;

  it.each([
    ['now', '2026-03-01T12:00:00Z'],
    ['-15m', '2026-03-01T11:45:00Z'],
    ['-90s', '2026-03-01T11:58:30Z'],
    ['-2d', '2026-02-27T12:00:00Z'],
    ['2026-02-01T01:00:00+01:00', '2026-02-01T00:00:00Z'],
  ])('%s', (startFrom, expected) => {
    expect(example.configure({ ...valid, start_from: startFrom }).settings.start_from).toBe(startFrom);
    expect(new Date(startTime(startFrom, now) / 1000).toISOString()).toBe(new Date(expected).toISOString());
  });

  it.each(['-15', '15m', '-1w', '2026-02-01', '2026-02-01T00:00:00', ''])('refuses %j', (startFrom) => {
    expect(() => example.configure({ ...valid, start_from: startFrom })).toThrow(/start_from/);
  });
});
