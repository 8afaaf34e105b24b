import { describe, expect, test } from 'vitest';
import { ReaderClosedError } from '../errors.ts';
import { type Fixture, pollUntil, recordsOf } from './fixture.ts';
import { type KafkaFeatures, record } from './system.ts';

/** How a reader moves: aborts, pauses, seeks, fairness, bounds. */
export function describeReadingProgress(kafka: Fixture, features: KafkaFeatures): void {
  describe('a reader at work', () => {
    const numbered = async (partitions: number, each: number, size = 0) => {
      const client = await kafka.client();
      const topic = await kafka.topic(client, partitions);
      const producer = await client.producer();
      const padding = 'x'.repeat(size);
      for (let partition = 0; partition < partitions; partition++) {
        await producer.send(Array.from({ length: each }, (_, n) => record(topic, partition, `${n} ${padding}`)));
      }
      return { client, topic, producer };
    };

    test('ends a poll when its signal aborts, and loses nothing', async () => {
      const { client, topic, producer } = await numbered(1, 0);
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 0 }], maxWaitMs: 10_000 });
      const started = performance.now();
      for (let n = 0; n < 3; n++) expect(await reader.poll(AbortSignal.timeout(30))).toEqual([]);
      expect(await reader.poll(AbortSignal.abort())).toEqual([]);
      expect(performance.now() - started).toBeLessThan(8000);
      await producer.send([record(topic, 0, 'a'), record(topic, 0, 'b')]);
      const batches = await pollUntil(reader, (got) => recordsOf(got).length >= 2);
      expect(recordsOf(batches).map(({ value }) => String(value))).toEqual(['a', 'b']);
    });

    test('gives every record once, in order, however often polls are cut short', async () => {
      const { client, topic, producer } = await numbered(1, 0);
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 0 }], maxWaitMs: 1000 });
      const found: number[] = [];
      const reading = (async () => {
        while (found.length < 300) {
          const batches = await reader.poll(AbortSignal.timeout(3));
          found.push(...recordsOf(batches).map(({ value }) => Number(value)));
        }
      })();
      for (let n = 0; n < 300; n++) await producer.send([record(topic, 0, `${n}`)]);
      await reading;
      expect(found).toEqual(Array.from({ length: 300 }, (_, n) => n));
    });

    test('knows which partitions its broker does not answer about, and until when', async () => {
      const { client, topic } = await numbered(3, 0);
      const positions = [0, 1, 2].map((partition) => ({ topic, partition, offset: 0 }));
      const reader = await client.reader({ positions, maxWaitMs: 300 });
      reader.pause({ topic, partition: 2 });
      for (let n = 0; n < 3; n++) await reader.poll();
      kafka.system.stall(client);
      const polling = reader.poll();
      const waiting = () => reader.unanswered().filter(({ forMs }) => forMs > 1500);
      await expect.poll(() => waiting().map(({ partition }) => partition), { timeout: 30_000 }).toEqual([0, 1]);
      expect(waiting()[0]?.why).not.toBe('');
      kafka.system.resume(client);
      await polling;
      const answered = async () => {
        await reader.poll();
        return waiting();
      };
      await expect.poll(answered, { timeout: 60_000 }).toEqual([]);
    });

    test('leaves a paused partition alone until it is resumed', async () => {
      const { client, topic } = await numbered(2, 5);
      const paused = { topic, partition: 0 };
      const positions = [0, 1].map((partition) => ({ topic, partition, offset: 0 }));
      const reader = await client.reader({ positions, maxWaitMs: 200 });
      reader.pause(paused);
      const others = await pollUntil(reader, (got) => recordsOf(got).length >= 5);
      for (let n = 0; n < 3; n++) others.push(...(await reader.poll()));
      expect(others.filter(({ partition }) => partition === 0)).toEqual([]);
      reader.resume(paused);
      const batches = await pollUntil(reader, (got) => recordsOf(got).length >= 5);
      expect(batches.map(({ partition }) => partition)).toContain(0);
      expect(recordsOf(batches).map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4]);
    });

    test('goes where it is sent, back and forth, and nowhere else', async () => {
      const { client, topic } = await numbered(1, 1000);
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 900 }] });
      for (const offset of [900, 0, 999, 500]) {
        reader.seek({ topic, partition: 0, offset });
        const [first] = await pollUntil(reader, (got) => recordsOf(got).length > 0);
        expect(first?.records[0]?.offset).toBe(offset);
      }
    });

    test('takes up partitions while it waits, and drops them', async () => {
      const { client, topic } = await numbered(2, 3);
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 3 }], maxWaitMs: 10_000 });
      const polling = reader.poll();
      const started = performance.now();
      reader.seek({ topic, partition: 1, offset: 0 });
      const batches = [...(await polling)];
      if (recordsOf(batches).length < 3)
        batches.push(...(await pollUntil(reader, (got) => recordsOf(got).length >= 3)));
      expect(performance.now() - started).toBeLessThan(8000);
      expect(recordsOf(batches).length).toBe(3);
      reader.remove({ topic, partition: 1 });
      reader.seek({ topic, partition: 0, offset: 0 });
      const rest = await pollUntil(reader, (got) => recordsOf(got).length >= 3);
      expect(rest.every(({ partition }) => partition === 0)).toBe(true);
    });

    test('may begin with nothing to read', async () => {
      const { client, topic } = await numbered(1, 2);
      const reader = await client.reader({ positions: [], maxWaitMs: 50 });
      expect(await reader.poll()).toEqual([]);
      reader.seek({ topic, partition: 0, offset: 0 });
      expect(recordsOf(await pollUntil(reader, (got) => recordsOf(got).length >= 2)).length).toBe(2);
    });

    test('closes at once inside a long poll, and twice', async () => {
      const { client, topic } = await numbered(1, 0);
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 0 }], maxWaitMs: 20_000 });
      const polling = reader.poll();
      const started = performance.now();
      await Promise.all([reader.close(), reader.close()]);
      expect(await polling).toEqual([]);
      expect(performance.now() - started).toBeLessThan(10_000);
      await expect(reader.poll()).rejects.toThrow(ReaderClosedError);
    });

    test('lets a quiet partition through beside a busy one', async () => {
      const client = await kafka.client({ compression: 'none' });
      const topic = await kafka.topic(client, 2);
      const producer = await client.producer();
      await producer.send(Array.from({ length: 20_000 }, (_, n) => record(topic, 0, `${n} ${'x'.repeat(200)}`)));
      await producer.send([record(topic, 1, 'quiet')]);
      const positions = [0, 1].map((partition) => ({ topic, partition, offset: 0 }));
      const reader = await client.reader({ positions, maxBytes: 100_000, maxBytesPerPartition: 100_000 });
      let busy = 0;
      await pollUntil(reader, (got) => {
        busy = recordsOf(got.filter(({ partition }) => partition === 0)).length;
        return got.some(({ partition, records }) => partition === 1 && records.length > 0);
      });
      expect(busy).toBeLessThan(15_000);
    });

    test('reads 100,000 records of one send in order', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const producer = await client.producer();
      const count = 100_000;
      await producer.send(Array.from({ length: count }, (_, n) => record(topic, 0, `${n}`)));
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 0 }] });
      let next = 0;
      while (next < count) {
        for (const { records } of await reader.poll()) {
          for (const { offset, value } of records) {
            if (offset !== next || Number(value) !== next) throw new Error(`${offset} holds ${value}, not ${next}`);
            next++;
          }
        }
      }
      expect(next).toBe(count);
    });

    test('gives a record larger than what it asks for', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const producer = await client.producer();
      const sizes = [10, 300_000, 10];
      await producer.send(sizes.map((size) => record(topic, 0, 'x'.repeat(size))));
      const limits = { maxBytes: 1000, maxBytesPerPartition: 1000 };
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 0 }], ...limits });
      const batches = await pollUntil(reader, (got) => recordsOf(got).length >= 3);
      expect(recordsOf(batches).map(({ value }) => value?.length)).toEqual(sizes);
    });

    if (features.network) {
      test('fetches little beyond what is polled', async () => {
        const { topic } = await numbered(1, 20, 100_000);
        const client = await kafka.client({ compression: 'none' });
        const limits = { maxBytes: 100_000, maxBytesPerPartition: 100_000 };
        const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 0 }], ...limits });
        await pollUntil(reader, (got) => recordsOf(got).length > 0);
        const requests = () => kafka.system.network?.requests(client) ?? Number.NaN;
        const settled = await stable(requests);
        expect(settled).toBeLessThan(40);
        expect(kafka.system.network?.received(client)).toBeLessThan(1_000_000);
      });

      test('costs next to nothing while nothing comes', async () => {
        const { client, topic } = await numbered(6, 0);
        const positions = [0, 1, 2, 3, 4, 5].map((partition) => ({ topic, partition, offset: 0 }));
        const reader = await client.reader({ positions, maxWaitMs: 500 });
        await reader.poll();
        const before = kafka.system.network?.requests(client) ?? Number.NaN;
        const started = performance.now();
        while (performance.now() - started < 2000) await reader.poll();
        expect((kafka.system.network?.requests(client) ?? Number.NaN) - before).toBeLessThanOrEqual(6);
      });
    }
  });
}

/** A count's value once it has stood still for half a second. */
async function stable(count: () => number): Promise<number> {
  let last = count();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (count() === last) return last;
    last = count();
  }
}
