import { normalise } from '@tailrace/normalise/normalise.ts';
import { testEvent } from '@tailrace/normalise/own-parsing/test-rules.ts';
import { InMemoryRunner } from '@tailrace/stream/processing/in-memory-runner.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CountedLines } from './connection-tally.ts';
import { countingTopology } from './counting-topology.ts';

let runner: InMemoryRunner;
beforeEach(async () => {
  runner = new InMemoryRunner();
  await runner.createTopics([...Object.values(rawTopics), topics.logs, topics.logsReplayed]);
});
afterEach(() => runner.stop());

const log = (id: string, messages: readonly string[]) =>
  runner.write(
    topics.rawAws,
    messages.map((message, index) => [id, testEvent(message, { connection_id: id, event_id: `e${index}` })]),
  );

it('each line of a connection is counted once, a dead letter is not, and the series end with the partition', async () => {
  const added: CountedLines[] = [];
  const released: string[] = [];
  const topology = countingTopology(
    (raw, position, options) => {
      if (raw.payload.includes('poison')) throw new Error('cannot be read');
      return normalise(raw, position, options);
    },
    { add: (counted) => void added.push(counted), release: (ids) => void released.push(...ids) },
  );
  const { owner } = await runner.start(topology);
  await log('conn_a', ['2026-11-30 08:00:00,000 ERROR [main] c.Order - failed', 'whatever', 'poison', 'INFO: two']);
  await log('conn_b', ['whatever']);
  await runner.settled(topology);
  const of = (id: string) => added.filter(({ connectionId }) => connectionId === id);
  expect(of('conn_a')).toEqual([{ connectionId: 'conn_a', lines: 3, withLevel: 2, withTime: 1, plain: 1 }]);
  expect(of('conn_b')).toEqual([{ connectionId: 'conn_b', lines: 1, withLevel: 0, withTime: 0, plain: 1 }]);
  await owner.stop();
  expect(released.toSorted()).toEqual(['conn_a', 'conn_b']);
});
