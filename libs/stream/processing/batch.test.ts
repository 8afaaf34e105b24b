import type { FetchedRecord } from '@tailrace/kafka/kafka.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { expect, it } from 'vitest';
import { processBatch } from './batch.ts';

const input: TopicSpec<string> = {
  name: 'words',
  partitions: 1,
  config: {},
  codec: { encode: (value) => Buffer.from(value), decode: (bytes) => bytes.toString() },
} as TopicSpec<string>;
const record = (offset: number) =>
  ({
    offset,
    timestamp: 0,
    key: null,
    value: Buffer.from(`word ${offset}`),
    headers: new Map(),
  }) as unknown as FetchedRecord;

function busyFor(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

/** What `processBatch` did, each with the number of turns that everything else had had by then. */
async function turnsDuring(
  count: number,
  process: (offset: number, done: (what: string) => void) => Iterable<unknown> | undefined,
): Promise<[what: string, turns: number][]> {
  let turns = 0;
  let going = true;
  const tick = () => {
    turns += 1;
    if (going) setImmediate(tick);
  };
  setImmediate(tick);
  const processed: [what: string, turns: number][] = [];
  await processBatch(
    {
      group: 'test',
      partition: { topic: 'words', partition: 0 },
      input,
      processor: { process: ({ offset }) => process(offset, (what) => processed.push([what, turns])) },
      stores: [],
      partitionsOf: () => 1,
    },
    Array.from({ length: count }, (_, offset) => record(offset)),
    count,
  );
  going = false;
  return processed;
}

it('a batch gives the rest of the process a turn between records that take long, and keeps their order', async () => {
  const processed = await turnsDuring(6, (offset, done) => {
    busyFor(12);
    done(`record ${offset}`);
    return undefined;
  });
  expect(processed.map(([what]) => what)).toEqual([0, 1, 2, 3, 4, 5].map((offset) => `record ${offset}`));
  for (const [index, [, at]] of processed.entries()) expect(at).toBeGreaterThanOrEqual(index);
});

it('a batch gives it a turn between the steps of one record, and begins the next when all are done', async () => {
  const processed = await turnsDuring(2, function* (offset, done) {
    for (const step of [0, 1, 2]) {
      busyFor(12);
      done(`${offset}.${step}`);
      yield;
    }
  });
  expect(processed.map(([what]) => what)).toEqual(['0.0', '0.1', '0.2', '1.0', '1.1', '1.2']);
  for (const [index, [, at]] of processed.entries()) expect(at).toBeGreaterThanOrEqual(index);
});
