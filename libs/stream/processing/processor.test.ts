import { DecodeError } from '@tailrace/avro/errors.ts';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownerReadiness } from '../owning/owner-readiness.ts';
import { InMemoryRunner, type RunnerProcess } from './in-memory-runner.ts';
import type { RecordProcessor, Topology } from './topology.ts';

const text: TopicSpec<string>['codec'] = {
  name: 'text',
  encode: (value) => Buffer.from(value),
  decode: (bytes) => {
    const value = bytes.toString();
    if (value.startsWith('unreadable')) throw new DecodeError('not text of ours');
    return value;
  },
};

function topic(name: string, partitions = 3): TopicSpec<string> {
  return { name, kind: 'stream', partitions, codec: text, config: { 'max.message.bytes': '10000' } };
}

const words = topic('words');
const upper = topic('upper');
const counts = { name: 'counts', changelog: topic('counts-changelog') };

const uppercase: Topology<string> = {
  group: 'uppercase',
  inputs: [words],
  outputs: [upper],
  processor: () => ({ process: ({ key, value }, emit) => emit(upper, key ?? '', value.toUpperCase()) }),
};

/** Emits each word with how often its key came before: wrong after any loss, repetition or half-restored store. */
const counting: Topology<string> = {
  group: 'counting',
  inputs: [words],
  outputs: [upper],
  stores: [counts],
  processor: ({ store }) => {
    const seen = store(counts);
    return {
      process: ({ key, value }, emit) => {
        const count = Number(seen.get(key ?? '') ?? '0') + 1;
        seen.set(key ?? '', String(count));
        emit(upper, key ?? '', `${value}#${count}`);
        if (value === 'poison') throw new Error('cannot digest this');
      },
    };
  },
};

/** Emits one record a transaction: how many words it had, those that were poison left out. */
const tallying: Topology<string> = {
  group: 'tallying',
  inputs: [words],
  outputs: [upper],
  processor: () => {
    let tally = 0;
    return {
      process: ({ value }) => {
        if (value === 'poison') throw new Error('cannot digest this');
        tally += 1;
      },
      finish: (emit) => {
        emit(upper, 'tally', String(tally), { partitionKey: 'another' });
        tally = 0;
      },
    };
  },
};

let runner: InMemoryRunner;
beforeEach(async () => {
  runner = new InMemoryRunner();
  await runner.createTopics([words, upper, counts.changelog]);
});
afterEach(() => runner.stop());

async function outputs(): Promise<(string | null)[]> {
  return (await runner.read(upper)).map(({ value }) => value);
}

describe('a topology', () => {
  it('transforms what was there before it started and what comes later', async () => {
    await runner.write(words, [['a', 'one']]);
    await runner.start(uppercase);
    await runner.write(words, [['b', 'two']]);
    await runner.settled(uppercase);
    expect((await outputs()).sort()).toEqual(['ONE', 'TWO']);
  });

  it('sends a record it cannot read to logs.dead with reason and position, and goes on', async () => {
    await runner.writeBytes(words.name, [
      ['a', Buffer.from('before'), 0],
      ['a', Buffer.from('unreadable bytes'), 0],
      ['a', Buffer.from('after'), 0],
    ]);
    await runner.start(uppercase);
    await runner.settled(uppercase);
    expect((await outputs()).sort()).toEqual(['AFTER', 'BEFORE']);
    const [letter, ...more] = await runner.read(topics.dead);
    expect(more).toEqual([]);
    expect(letter?.value).toMatchObject({
      reason: 'decode_failed',
      group: 'uppercase',
      topic: 'words',
      partition: 0,
      offset: 1,
      value: Buffer.from('unreadable bytes'),
    });
  });

  it('takes back what a record emitted and stored before it turned out to be poison', async () => {
    await runner.write(words, [
      ['k', 'first'],
      ['k', 'poison'],
      ['k', 'second'],
    ]);
    await runner.start(counting);
    await runner.settled(counting);
    expect(await outputs()).toEqual(['first#1', 'second#2']);
    expect((await runner.read(topics.dead))[0]?.value).toMatchObject({ reason: 'processing_failed', offset: 1 });
  });

  it('makes a record whose output is too large a dead letter', async () => {
    // Two bytes each, and three in capitals.
    await runner.write(words, [
      ['k', 'ŉ'.repeat(4_000)],
      ['k', 'small'],
    ]);
    await runner.start(uppercase);
    await runner.settled(uppercase);
    expect(await outputs()).toEqual(['SMALL']);
    expect((await runner.read(topics.dead))[0]?.value).toMatchObject({ reason: 'record_too_large' });
  });

  it('emits what it gathered over a transaction, beside the partition that the key would choose', async () => {
    await runner.write(words, [
      ['k', 'one'],
      ['k', 'poison'],
      ['k', 'two'],
    ]);
    await runner.start(tallying);
    await runner.settled(tallying);
    const [tally] = await runner.read(upper);
    expect(tally).toMatchObject({ key: 'tally', value: '2', partition: partitionFor('another', 3) });
  });

  it('runs the batch again when the processor asks for a retry', async () => {
    let refusals = 2;
    const flaky: Topology<string> = {
      ...uppercase,
      processor: (): RecordProcessor<string> => ({
        process: ({ key, value }, emit) => {
          emit(upper, key ?? '', value);
          if (value === 'second' && refusals-- > 0) {
            throw new TailraceError('the registry is unreachable', { code: 'test.away', remedy: 'retry' });
          }
        },
      }),
    };
    await runner.write(words, [
      ['k', 'first'],
      ['k', 'second'],
    ]);
    await runner.start(flaky);
    await runner.settled(flaky);
    expect(await outputs()).toEqual(['first', 'second']);
  });

  it('emits what it learnt from elsewhere when it is woken, though no record comes', async () => {
    const wakers = new Map<number, () => void>();
    const ends: AbortSignal[] = [];
    const heard: string[] = [];
    const listening: Topology<string> = {
      ...uppercase,
      group: 'listening',
      processor: ({ wake, ended, partition }) => {
        wakers.set(partition, wake);
        ends.push(ended);
        return {
          process: () => undefined,
          finish: (emit) => {
            for (const word of heard.splice(0)) emit(upper, 'all', word, { everyPartition: true });
          },
        };
      },
    };
    const { owner } = await runner.start(listening);
    await expect.poll(() => wakers.size).toBe(3);
    heard.push('news');
    wakers.get(1)?.();
    await expect.poll(outputs).toEqual(['news', 'news', 'news']);
    expect((await runner.read(upper)).map(({ partition }) => partition)).toEqual([0, 1, 2]);
    wakers.get(1)?.();
    expect(ends.map(({ aborted }) => aborted)).toEqual([false, false, false]);
    await owner.stop();
    expect(ends.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    wakers.get(1)?.();
    expect(await outputs()).toEqual(['news', 'news', 'news']);
  });

  it('passes over what it does not want, readable or not', async () => {
    const wanting: Topology<string> = {
      ...uppercase,
      processor: (task) => ({
        ...uppercase.processor(task),
        wants: (headers) => headers.get('for')?.toString() === 'me',
      }),
    };
    const kafka = runner.broker.connect();
    const producer = await kafka.producer();
    const record = (value: string, headers?: Record<string, string>) => ({
      topic: words.name,
      partition: 0,
      key: Buffer.from('k'),
      value: Buffer.from(value),
      ...(headers && { headers }),
    });
    await producer.send([record('mine', { for: 'me' }), record('unreadable bytes', { for: 'you' }), record('nobody')]);
    await runner.start(wanting);
    await runner.settled(wanting);
    expect(await outputs()).toEqual(['MINE']);
    expect(await runner.read(topics.dead)).toEqual([]);
  });

  it('says how far it has come, control records and aborted ones included, and commits that', async () => {
    const positions: number[] = [];
    const positioned: Topology<string> = {
      ...uppercase,
      processor: (task) => ({
        ...uppercase.processor(task),
        finish: (_, nextOffset) => void (task.partition === 0 && positions.push(nextOffset)),
      }),
    };
    await runner.start(positioned);
    const kafka = runner.broker.connect();
    const producer = await kafka.transactionalProducer('elsewhere');
    const send = async (value: string, end: 'commit' | 'abort') => {
      const transaction = producer.begin();
      await transaction.send([{ topic: words.name, partition: 0, key: Buffer.from('k'), value: Buffer.from(value) }]);
      await transaction[end]();
    };
    await send('kept', 'commit');
    await send('taken back', 'abort');
    await runner.settled(positioned);
    expect(positions.at(-1)).toBe(4);
    expect(await outputs()).toEqual(['KEPT']);
  });

  it('counts what retention removed before it was read, and goes on behind it', async () => {
    await runner.writeBytes(words.name, [
      ['a', Buffer.from('gone'), 0],
      ['a', Buffer.from('kept'), 0],
    ]);
    const { owner } = await runner.start(uppercase);
    await runner.settled(uppercase);
    await owner.stop();
    await runner.writeBytes(words.name, [
      ['a', Buffer.from('lost'), 0],
      ['a', Buffer.from('lost too'), 0],
      ['a', Buffer.from('found'), 0],
    ]);
    runner.broker.truncate(words.name, 0, 4);
    await runner.start(uppercase);
    await runner.settled(uppercase);
    expect((await outputs()).sort()).toEqual(['FOUND', 'GONE', 'KEPT']);
  });

  it('stops at once while nothing comes', async () => {
    const { owner } = await runner.start(uppercase);
    const started = performance.now();
    await owner.stop();
    expect(performance.now() - started).toBeLessThan(4000);
  });

  it('shares its partitions with another process, which takes them all when the first one stops', async () => {
    const first = await runner.start(uppercase);
    const second = await runner.start(uppercase);
    await expect.poll(() => [first, second].map(({ owner }) => owner.owned().length).sort()).toEqual([1, 2]);
    await first.owner.stop();
    await expect.poll(() => second.owner.owned().length).toBe(3);
    await runner.write(words, [['a', 'still']]);
    await runner.settled(uppercase);
    expect(await outputs()).toEqual(['STILL']);
  });
});

describe('exactly once', () => {
  const operations = ['initProducerId', 'send', 'commitOffsets', 'commit', 'committedOffsets'] as const;
  const faults = fc.record({
    operation: fc.constantFrom(...operations),
    when: fc.constantFrom('before' as const, 'after' as const),
    crash: fc.boolean(),
  });
  const rounds = fc.array(
    fc.record({
      keys: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 12 }),
      fault: faults,
    }),
    { minLength: 1, maxLength: 5 },
  );

  it('holds whatever fails or dies, before or after it took effect', async () => {
    await fc.assert(
      fc.asyncProperty(rounds, async (schedule) => {
        await runner.stop();
        runner = new InMemoryRunner();
        await runner.createTopics([words, upper, counts.changelog]);
        const expected: string[] = [];
        const seen = new Map<string, number>();
        let process = await runner.start(counting);
        let restarts = Promise.resolve();
        const restart = async (dead: RunnerProcess) => {
          if (dead !== process) return;
          dead.crash();
          process = await runner.start(counting);
        };
        for (const [round, { keys, fault }] of schedule.entries()) {
          const struckProcess = process;
          const { struck } = runner.broker.failNext(fault, struckProcess.kafka);
          // A fault may strike in a later round, or never.
          void struck.then(() => {
            if (fault.crash) restarts = restarts.then(() => restart(struckProcess));
          });
          const records = keys.map((key, index) => [key, `${key}${round}.${index}`] as const);
          for (const [key, value] of records) {
            const count = (seen.get(key) ?? 0) + 1;
            seen.set(key, count);
            expected.push(`${value}#${count}`);
          }
          await runner.write(words, records);
          await runner.settled(counting);
        }
        await restarts;
        await runner.settled(counting);
        expect((await outputs()).sort()).toEqual(expected.sort());
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

describe('a processor whose committed offsets have expired', () => {
  it('goes on where it was, and doubles nothing', async () => {
    const first = await runner.start(uppercase);
    await runner.write(words, [
      ['a', 'one'],
      ['b', 'two'],
      ['c', 'three'],
    ]);
    await runner.settled(uppercase);
    await first.owner.stop();
    await first.kafka.admin.deleteGroup('uppercase');
    await runner.write(words, [['a', 'four']]);
    const second = await runner.start(uppercase);
    await runner.settled(uppercase);
    expect((await runner.read(upper)).map(({ value }) => value).toSorted()).toEqual(['FOUR', 'ONE', 'THREE', 'TWO']);
    await second.owner.stop();
  });

  it('commits the place at once, so that a reader that waits for it does not wait in vain', async () => {
    const first = await runner.start(uppercase);
    await runner.write(words, [['a', 'one']]);
    await runner.settled(uppercase);
    await first.owner.stop();
    await first.kafka.admin.deleteGroup('uppercase');
    await runner.start(uppercase);
    await runner.settled(uppercase);
    expect((await runner.read(upper)).length).toBe(1);
  });

  it('reads a topic that was made again from its beginning', async () => {
    const first = await runner.start(uppercase);
    await runner.write(words, [
      ['a', 'one'],
      ['a', 'two'],
    ]);
    await runner.settled(uppercase);
    await first.owner.stop();
    await first.kafka.admin.deleteTopics([words.name]);
    await runner.createTopics([words]);
    await runner.write(words, [['a', 'three']]);
    await runner.start(uppercase);
    await runner.settled(uppercase);
    expect((await runner.read(upper)).map(({ value }) => value)).toEqual(['ONE', 'TWO', 'THREE']);
  });
});

it('a processor refuses a topology whose store two inputs would share', async () => {
  const other = topic('other');
  await runner.createTopics([other]);
  await expect(runner.start({ ...counting, inputs: [words, other] })).rejects.toMatchObject({
    code: 'stream.store_of_two_inputs',
  });
});

it('a processor is ready again by itself after a failure, although nothing comes', async () => {
  const { owner, kafka } = await runner.start(uppercase);
  await expect.poll(() => owner.joined()).toBe(true);
  await owner.stop();
  runner.broker.failNext({ operation: 'committedOffsets' });
  const second = await runner.start(uppercase);
  await expect.poll(() => second.owner.failing().length).toBe(1);
  await expect.poll(() => ownerReadiness(second.owner), { timeout: 30_000 }).toEqual({ ready: true });
  await kafka.close();
});
