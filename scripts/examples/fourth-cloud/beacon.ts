import { readFile } from 'node:fs/promises';
import type { ConnectorDefinition, SourceEvent } from '@tailrace/ingestion/contract/connector.ts';
import { ConnectorError } from '@tailrace/ingestion/contract/connector-error.ts';
import { connectionSettings, connectionSettingUses } from '@tailrace/ingestion/contract/settings.ts';
import { z } from 'zod';

const config = z.strictObject({
  ...connectionSettings({
    pollIntervalMs: { min: 20, max: 60_000, default: 1000 },
    batchSize: { min: 1, max: 10_000, default: 1000 },
  }),
  journal: z.string().min(1).describe('The file that stands in for Beacon: an event as JSON on each line.'),
  access_code: z.string().min(1).optional().describe('Shows how a secret gets here: sealed until it is needed.'),
});

const event = z.object({ seq: z.string(), at: z.int(), text: z.string() });
const minute = 60_000;

/** Beacon Logs, whose service is a file. */
export const beaconLogs: ConnectorDefinition<typeof config> = {
  provider: 'beacon',
  title: 'Beacon Logs',
  sourceFields: ['journal'],
  configSchema: config,
  fields: { ...connectionSettingUses, journal: 'setting', access_code: 'secret' },
  axis: 'event',
  tiers: ({ poll_interval_ms }) => [
    { lookbackMs: 2 * minute, everyMs: poll_interval_ms },
    { lookbackMs: 60 * minute, everyMs: minute },
  ],
  quota: ({ journal }) => ({ key: `beacon/${journal}`, requests: 100, perMs: 1000 }),
  describe: ({ journal }) => ({ journal }),
  open: ({ journal }) => ({
    async test() {
      await readJournal(journal);
    },
    async *sweep({ start, end }, signal) {
      signal.throwIfAborted();
      const events = await readJournal(journal);
      yield { events: events.filter(({ timestamp }) => timestamp >= start && timestamp < end), last: true };
    },
    async close() {},
  }),
};

async function readJournal(journal: string): Promise<SourceEvent[]> {
  const text = await readFile(journal, 'utf8').catch((cause) => {
    throw new ConnectorError('not_found', `${journal} cannot be read`, { help: 'Check the path.', cause });
  });
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((payload) => {
      const { seq, at } = event.parse(JSON.parse(payload));
      const timestamp = at * 1000;
      return { id: seq, timestamp, timestampNanos: 0, observedTimestamp: timestamp, stream: '', payload };
    });
}
