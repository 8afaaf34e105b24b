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

it('gives the rest of the process a turn between records that take long, and keeps their order', async () => {
  let turns = 0;
  let going = true;
  const tick = () => {
    turns += 1;
    if (going) setImmediate(tick);
  };
  setImmediate(tick);
  const processed: [offset: number, turns: number][] = [];
  await processBatch(
    {
      group: 'test',
      partition: { topic: 'words', partition: 0 },
      input,
      processor: {
        process: ({ offset }) => {
          busyFor(12);
          processed.push([offset, turns]);
        },
      },
      stores: [],
      partitionsOf: () => 1,
    },
    Array.from({ length: 6 }, (_, offset) => record(offset)),
    6,
  );
  going = false;
  expect(processed.map(([offset]) => offset)).toEqual([0, 1, 2, 3, 4, 5]);
  for (const [index, [, at]] of processed.entries()) expect(at).toBeGreaterThanOrEqual(index);
});
