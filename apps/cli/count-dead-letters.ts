import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** Offsets looked at in each partition of `logs.dead`. */
const looksBack = 500;
const deadlineMs = 10_000;

export interface DeadLetterCount {
  /** About how many the topic holds. */
  readonly kept: number;
  /** How many of the newest were looked at. */
  readonly looked: number;
  /** Those of them whose record named no project. */
  readonly withoutProject: number;
}

/** Counts dead letters, and looks at the newest ones of each partition. */
export async function countDeadLetters(kafka: Kafka): Promise<DeadLetterCount> {
  const { name: topic } = topics.dead;
  const [earliest, latest] = await Promise.all([
    kafka.admin.offsets(topic, 'earliest'),
    kafka.admin.offsets(topic, 'latest'),
  ]);
  let kept = 0;
  const positions = latest.flatMap((end, partition) => {
    const start = earliest[partition] ?? 0;
    kept += end - start;
    return end > start ? [{ topic, partition, offset: Math.max(start, end - looksBack) }] : [];
  });
  let looked = 0;
  let withoutProject = 0;
  const left = new Set(positions.map(({ partition }) => partition));
  const reader = await kafka.reader({ positions });
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    while (left.size > 0 && !signal.aborted) {
      for (const { partition, records, nextOffset } of await reader.poll(signal)) {
        const end = latest[partition] ?? 0;
        const those = records.filter(({ offset }) => offset < end);
        looked += those.length;
        withoutProject += those.filter(({ headers }) => !headers.has('project')).length;
        if (nextOffset < end) continue;
        left.delete(partition);
        reader.remove({ topic, partition });
      }
    }
  } finally {
    await reader.close();
  }
  return { kept, looked, withoutProject };
}
