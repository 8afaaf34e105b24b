import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { readRanges } from '@tailrace/stream/reading/read-ranges.ts';
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
    kafka.admin.offsets(topic, 'last_stable'),
  ]);
  const signal = AbortSignal.timeout(deadlineMs);
  let kept = 0;
  let looked = 0;
  let withoutProject = 0;
  const count = async (partition: number, to: number) => {
    const start = earliest[partition] ?? 0;
    kept += to - start;
    const range = { topic, partition, from: Math.max(start, to - looksBack), to };
    for await (const { records } of readRanges(kafka, [range], signal)) {
      looked += records.length;
      withoutProject += records.filter(({ headers }) => !headers.has('project')).length;
    }
  };
  await Promise.all(latest.map((end, partition) => count(partition, end))).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return { kept, looked, withoutProject };
}
