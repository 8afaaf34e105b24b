import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { expect, it } from 'vitest';
import { openLetterMarks } from './letter-marks.ts';

const day = 24 * 60 * 60 * 1000;
const logger = createLogger({ level: 'silent' });

it('marks outlive the process that made them, and are forgotten when their letters are gone', async () => {
  const kafka = memoryBroker().connect();
  const { name: topic, partitions, codec } = topics.deadLetterReplays;
  await kafka.admin.createTopics([topics.deadLetterReplays]);
  const producer = await kafka.producer();
  const mark = async (id: string, daysAgo: number, offsets: readonly number[]) => {
    const timestamp = Date.now() - daysAgo * day;
    const letters = offsets.map((offset) => ({ partition: 3, offset }));
    const value = codec.encode({ id, project_id: 'shop', replayed_at: timestamp * 1000, letters });
    await producer.send([{ topic, partition: partitionFor(id, partitions), key: Buffer.from(id), value, timestamp }]);
  };
  await mark('dlr_old', 33, [1, 2]);
  await mark('dlr_again', 31, [2, 3]);
  for (const _ of ['this process', 'the next one']) {
    const marks = openLetterMarks(kafka, logger);
    const ids = () => [1, 2, 3].map((offset) => marks.of({ partition: 3, offset })?.id);
    await expect.poll(ids).toEqual([undefined, 'dlr_again', 'dlr_again']);
    await marks.table.close();
  }
  await kafka.close();
});
