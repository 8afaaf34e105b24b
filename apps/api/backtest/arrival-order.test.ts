import type { FetchedBatch, Kafka, Reader } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { expect, it } from 'vitest';
import { readInArrivalOrder } from './arrival-order.ts';

const topic = topics.logs.name;
const batches = 50;
const signal = new AbortController().signal;

/** A Kafka whose reader has everything fetched already, so that no poll waits for anything. */
function fetchedBefore(): { readonly kafka: Kafka; readonly polls: () => number } {
  const memory = memoryBroker().connect();
  let polls = 0;
  const reader: Reader = {
    async poll(): Promise<FetchedBatch[]> {
      const offset = polls++;
      const record = { offset, timestamp: offset, key: null, value: Buffer.from('line'), headers: new Map() };
      return [{ topic, partition: 0, records: [record], nextOffset: offset + 1, lastStableOffset: batches }];
    },
    seek: () => undefined,
    remove: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    unanswered: () => [],
    close: async () => undefined,
  };
  return { kafka: { ...memory, admin: memory.admin, reader: async () => reader }, polls: () => polls };
}

it('reading in the order of arrival lets the rest of the process run before each poll of a backtest, also when everything has been fetched', async () => {
  const { kafka, polls } = fetchedBefore();
  let turns = 0;
  let isReading = true;
  const count = () => {
    turns += 1;
    if (isReading) setImmediate(count);
  };
  setImmediate(count);
  let read = 0;
  const range = { topic, project: 'p', from: [0], to: [batches], onLost: () => undefined };
  for await (const part of readInArrivalOrder(kafka, range, signal)) read += part.length;
  isReading = false;
  expect(read).toBe(batches);
  expect(polls()).toBe(batches);
  expect(turns).toBeGreaterThanOrEqual(batches);
});
