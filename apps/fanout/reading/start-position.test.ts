import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { expect, it, vi } from 'vitest';
import { startPosition } from './start-position.ts';

const log = { id: 'log', partitions: topics.logs.partitions };

it.each(['1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.998Z', '0001-01-01T00:00:00Z', '-999999d'])(
  'asks Kafka for the time 0 where %s is meant, for negative times mean something else there',
  async (from) => {
    const kafka = memoryBroker().connect();
    await kafka.admin.createTopics([topics.logs]);
    const offsets = vi.spyOn(kafka.admin, 'offsets');
    await startPosition(kafka, log as never, from, Date.UTC(2026, 0, 1));
    expect(offsets).toHaveBeenCalledWith(topics.logs.name, { timestampMs: 0 });
    await kafka.close();
  },
);
