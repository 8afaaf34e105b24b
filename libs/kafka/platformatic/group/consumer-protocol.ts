import { Writer } from '@platformatic/kafka';
import type { TopicPartition } from '../../kafka.ts';
import { ByteReader } from '../../protocol/byte-reader.ts';

/** What a member sends the group's leader about itself (Kafka's ConsumerProtocolSubscription, version 2). */
export interface Subscription {
  readonly topics: readonly string[];
  readonly owned: readonly TopicPartition[];
  /** The generation in which it came to own them: of two that claim one partition, the later one is right. */
  readonly generationId: number;
}

const subscriptionVersion = 2;
const assignmentVersion = 0;

export function encodeSubscription({ topics, owned, generationId }: Subscription): Buffer {
  const writer = Writer.create()
    .appendInt16(subscriptionVersion)
    .appendArray([...topics], (w, topic) => void w.appendString(topic, false), false, false)
    .appendBytes(null, false);
  return appendPartitions(writer, owned).appendInt32(generationId).buffer;
}

/** Reads the subscription of any version; fields that a version lacks are empty. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = new ByteReader(bytes);
  const version = reader.int16();
  const topics = array(reader, () => text(reader));
  const userData = reader.int32();
  if (userData > 0) reader.take(userData);
  const owned = version >= 1 ? readPartitions(reader) : [];
  return { topics, owned, generationId: version >= 2 ? reader.int32() : -1 };
}

/** What the leader gives a member (ConsumerProtocolAssignment). */
export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  return appendPartitions(Writer.create().appendInt16(assignmentVersion), partitions).appendBytes(null, false).buffer;
}

export function decodeAssignment(bytes: Buffer): TopicPartition[] {
  if (bytes.length === 0) return [];
  const reader = new ByteReader(bytes);
  reader.int16();
  return readPartitions(reader);
}

function appendPartitions(writer: Writer, partitions: readonly TopicPartition[]): Writer {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of partitions) byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition]);
  return writer.appendArray(
    [...byTopic],
    (w, [topic, numbers]) => {
      w.appendString(topic, false).appendArray(
        numbers,
        (inner, number) => void inner.appendInt32(number),
        false,
        false,
      );
    },
    false,
    false,
  );
}

function readPartitions(reader: ByteReader): TopicPartition[] {
  return array(reader, () => {
    const topic = text(reader);
    return array(reader, () => ({ topic, partition: reader.int32() }));
  }).flat();
}

function array<Element>(reader: ByteReader, element: () => Element): Element[] {
  const length = reader.int32();
  const elements: Element[] = [];
  for (let index = 0; index < length; index++) elements.push(element());
  return elements;
}

function text(reader: ByteReader): string {
  return reader.take(reader.int16()).toString();
}
