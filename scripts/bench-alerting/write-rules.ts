import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** Writes rules as the api does. */
export async function writeRules(kafka: Kafka, rules: readonly AlertRule[]): Promise<void> {
  const { name: topic, partitions, codec } = topics.alertRules;
  const producer = await kafka.producer();
  await producer.send(
    rules.map((rule) => ({
      topic,
      partition: partitionFor(rule.id, partitions),
      key: Buffer.from(rule.id),
      value: codec.encode(rule),
      headers: { project: rule.project_id },
    })),
  );
  await producer.close();
}
