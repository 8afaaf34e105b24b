import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { createTopic, readAll } from './conformance/fixture.ts';
import { openKafka } from './open-kafka.ts';

interface Happening {
  readonly event: 'assigned' | 'committed' | 'lost' | 'fenced' | 'failed';
  readonly partition: number;
}

interface Counter {
  readonly process: ChildProcess;
  readonly happenings: readonly Happening[];
}

const brokers = process.env.TEST_KAFKA_BROKERS ?? '';
const partitions = 4;
const counters: Counter[] = [];

afterEach(() => {
  for (const counter of counters.splice(0)) counter.process.kill('SIGKILL');
});

function startCounter(...args: string[]): Counter {
  const program = join(import.meta.dirname, 'conformance', 'counting-process.fixture.ts');
  const child = spawn(process.execPath, [program, brokers, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const happenings: Happening[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => happenings.push(JSON.parse(line)));
  const counter = { process: child, happenings };
  counters.push(counter);
  return counter;
}

function happened(counter: Counter, event: Happening['event'], since = 0): number {
  const found = counter.happenings.slice(since).filter((happening) => happening.event === event);
  return new Set(found.map(({ partition }) => partition)).size;
}

describe.each(['platformatic', 'kafkajs'] as const)('processes of a group through %s', (client) => {
  async function started() {
    const topicPrefix = `${randomUUID()}.`;
    const kafka = await openKafka({
      brokers: [brokers],
      client,
      topicPrefix,
      logger: createLogger({ level: 'error' }),
    });
    await createTopic(kafka, 't', partitions);
    const start = () => startCounter(client, topicPrefix, 'g', 't');
    const first = start();
    await expect.poll(() => happened(first, 'committed'), { timeout: 60_000 }).toBe(partitions);
    return { kafka, first, start };
  }

  /** Every number once, from zero, and the committed position right behind the last. */
  async function expectExactCount(kafka: Awaited<ReturnType<typeof openKafka>>): Promise<void> {
    for (let partition = 0; partition < partitions; partition++) {
      // What a killed process left open is settled first.
      await (await kafka.transactionalProducer(`g-${partition}`)).close();
    }
    const offsets = await kafka.admin.committedOffsets('g', ['t']);
    const found = await readAll(kafka, 't');
    for (const { partition, offset } of offsets) {
      const values = found[partition]?.map(({ value }) => Number(value));
      expect(values).toEqual(Array.from({ length: offset }, (_, n) => n));
    }
  }

  test('one that was stopped past its session and goes on writes nothing, and joins again', async () => {
    const { kafka, first, start } = await started();
    first.process.kill('SIGSTOP');
    const second = start();
    await expect.poll(() => happened(second, 'committed'), { timeout: 90_000 }).toBe(partitions);
    const before = first.happenings.length;
    first.process.kill('SIGCONT');
    await expect.poll(() => happened(first, 'lost', before), { timeout: 60_000 }).toBe(partitions);
    await expect
      .poll(() => happened(first, 'assigned', before), { timeout: 60_000 })
      .toBeGreaterThanOrEqual(partitions / 2);
    expect(happened(second, 'fenced')).toBe(0);
    for (const counter of [first, second]) counter.process.kill('SIGKILL');
    await expectExactCount(kafka);
    await kafka.close();
  });

  test('one that was killed is replaced, with nothing lost or doubled', async () => {
    const { kafka, first, start } = await started();
    const second = start();
    await expect.poll(() => happened(second, 'committed'), { timeout: 60_000 }).toBeGreaterThanOrEqual(partitions / 2);
    first.process.kill('SIGKILL');
    await expect.poll(() => happened(second, 'committed'), { timeout: 60_000 }).toBe(partitions);
    second.process.kill('SIGKILL');
    await expectExactCount(kafka);
    await kafka.close();
  });
});
