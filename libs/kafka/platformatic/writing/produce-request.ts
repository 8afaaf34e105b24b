import { type API, createAPI, type Reader, Writer } from '@platformatic/kafka';
import { ByteReader } from '../../protocol/byte-reader.ts';

/** One stored batch on its way to one partition. */
export interface PartitionBatch {
  /** Full name. */
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

export interface PartitionResult {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
}

type ProduceApi = API<[string | null, number, readonly PartitionBatch[]], PartitionResult[]>;

const allInSyncReplicas = -1;

/** Produce; the package's own encoder takes messages and knows one batch size. At most one batch a partition. */
function createRequest(transactionalId: string | null, timeoutMs: number, batches: readonly PartitionBatch[]): Writer {
  const byTopic = new Map<string, PartitionBatch[]>();
  for (const batch of batches) {
    const topic = byTopic.get(batch.topic);
    if (topic) topic.push(batch);
    else byTopic.set(batch.topic, [batch]);
  }
  return Writer.create()
    .appendString(transactionalId)
    .appendInt16(allInSyncReplicas)
    .appendInt32(timeoutMs)
    .appendArray([...byTopic], (topicWriter, [topic, partitions]) => {
      topicWriter.appendString(topic).appendArray(partitions, (writer, { partition, batch }) => {
        writer.appendInt32(partition).appendBytes(batch);
      });
    })
    .appendTaggedFields();
}

function parseResponse(_correlationId: number, _apiKey: number, _version: number, reader: Reader): PartitionResult[] {
  const bytes = new ByteReader(reader.buffer.buffer);
  const results: PartitionResult[] = [];
  bytes.compactArray(() => {
    const topic = bytes.compactBytes()?.toString() ?? '';
    bytes.compactArray(() => {
      const partition = bytes.int32();
      const errorCode = bytes.int16();
      bytes.int64();
      bytes.int64();
      bytes.int64();
      bytes.compactArray(() => {
        bytes.int32();
        bytes.compactBytes();
        bytes.skipTags();
      });
      bytes.compactBytes();
      bytes.skipTags();
      results.push({ topic, partition, errorCode });
    });
    bytes.skipTags();
  });
  return results;
}

const produceKey = 0;

/** For partitions that were added to the transaction before, or without a transaction. */
export const produce: ProduceApi = createAPI(produceKey, 9, createRequest, parseResponse);

/** Adds the partitions it writes to the transaction itself (KIP-890). */
export const produceAddingPartitions: ProduceApi = createAPI(produceKey, 12, createRequest, parseResponse);
