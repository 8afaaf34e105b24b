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
  file: z.string().min(1).describe('A file whose lines are `<RFC 3339 time> <message>`.'),
});

const minute = 60_000;

/**
 * An own kind of source, whole: lines of a file, here in the place of AWS. It only reads; batching, checkpoint,
 * deduplication, limits, retries and status are the runner's. A provider of its own takes a symbol in the schemas'
 * `Provider` and a raw topic besides.
 *
 * Its identity of an event is the line's number, so the file may grow and never change.
 */
export const fileLines: ConnectorDefinition<typeof config> = {
  provider: 'aws',
  title: 'Lines of a file',
  sourceFields: ['file'],
  configSchema: config,
  fields: { ...connectionSettingUses, file: 'setting' },
  axis: 'event',
  tiers: ({ poll_interval_ms }) => [
    { lookbackMs: 2 * minute, everyMs: poll_interval_ms },
    { lookbackMs: 60 * minute, everyMs: minute },
  ],
  quota: ({ file }) => ({ key: `file/${file}`, requests: 100, perMs: 1000 }),
  describe: ({ file }) => ({ log_group: file }),
  open: ({ file }) => ({
    async test() {
      await readLines(file);
    },
    async *sweep({ start, end }, signal) {
      signal.throwIfAborted();
      const lines = await readLines(file);
      yield { events: lines.filter(({ timestamp }) => timestamp >= start && timestamp < end), last: true };
    },
    async close() {},
  }),
};

async function readLines(file: string): Promise<SourceEvent[]> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new ConnectorError('not_found', `${file} cannot be read`, { help: 'Check the path.', cause });
  });
  return text.split('\n').flatMap((line, number) => {
    const [time = '', ...message] = line.split(' ');
    const timestamp = Date.parse(time) * 1000;
    if (Number.isNaN(timestamp)) return [];
    const payload = JSON.stringify({ message: message.join(' '), timestamp: timestamp / 1000 });
    return { id: String(number), timestamp, timestampNanos: 0, observedTimestamp: timestamp, stream: file, payload };
  });
}
