import { Problem } from '@tailrace/http/problem.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { type MemoryBroker, memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import { openTable, type Table } from '@tailrace/stream/reading/table.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { type TableWriter, tableWriter } from './table-writer.ts';

const logger = createLogger({ level: 'silent' });
const id = 'conn_1';
const first: Connection = {
  id,
  project_id: 'demo',
  name: 'first',
  provider: 'aws',
  config: '{}',
  sealed_credentials: null,
  desired_state: 'stopped',
  version: 1,
  created_at: 1,
  updated_at: 1,
  rewind: null,
  parsing: null,
};

interface Process {
  readonly kafka: Kafka;
  readonly table: Table<Connection>;
  readonly writer: TableWriter<Connection>;
}
const opened: Process[] = [];
afterEach(async () => {
  for (const { table, kafka } of opened.splice(0)) {
    await table.close();
    await kafka.close();
  }
});

async function open(broker: MemoryBroker, timeoutMs = 5000): Promise<Process> {
  const kafka = broker.connect();
  await kafka.admin.createTopics([topics.connections]);
  const table = openTable({ kafka, topic: topics.connections, logger });
  const headers = ({ project_id }: Connection) => ({ project: project_id });
  const writer = tableWriter({ kafka, topic: topics.connections, table, timeoutMs, headers, logger });
  const process = { kafka, table, writer };
  opened.push(process);
  return process;
}

const increment = (current: Connection | undefined) => current && { ...current, version: current.version + 1 };

describe('tableWriter', () => {
  it('creates, changes and deletes, and reads its own writes', async () => {
    const { table, writer } = await open(memoryBroker());
    expect(await writer.change(id, () => first)).toEqual(first);
    expect(table.get(id)).toEqual(first);
    expect(await writer.change(id, increment)).toMatchObject({ version: 2 });
    expect(table.get(id)?.version).toBe(2);
    expect(await writer.change(id, () => undefined)).toBeUndefined();
    expect(table.get(id)).toBeUndefined();
  });

  it('writes nothing when the decision is to leave it', async () => {
    const { kafka, writer } = await open(memoryBroker());
    await writer.change(id, () => first);
    const before = await kafka.admin.offsets(topics.connections.name, 'last_stable');
    await writer.change(id, (current) => current);
    expect(await kafka.admin.offsets(topics.connections.name, 'last_stable')).toEqual(before);
  });

  it('loses no change of many made at once by several processes', async () => {
    const broker = memoryBroker();
    const processes = [await open(broker), await open(broker), await open(broker)];
    await processes[0]!.writer.change(id, () => first);
    let changes = 0;
    /** As people's changes do, each says something of its own. */
    const rename = (current: Connection | undefined) => {
      changes += 1;
      return current && { ...current, name: `name ${changes}`, version: current.version + 1 };
    };
    await Promise.all(processes.flatMap(({ writer }) => Array.from({ length: 10 }, () => writer.change(id, rename))));
    for (const { table, writer } of processes) {
      await writer.change(id, (current) => current);
      expect(table.get(id)?.version).toBe(31);
    }
  });

  it('shows the second of two equal expectations what the first wrote', async () => {
    const broker = memoryBroker();
    const processes = [await open(broker), await open(broker)];
    await processes[0]!.writer.change(id, () => first);
    const ifVersion1 = (name: string) => (current: Connection | undefined) => {
      if (current?.version !== 1) throw new Problem(412);
      return { ...current, name, version: 2 };
    };
    const outcomes = await Promise.allSettled(
      processes.map(({ writer }, index) => writer.change(id, ifVersion1(`by ${index}`))),
    );
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find((outcome) => outcome.status === 'rejected')).toMatchObject({ reason: { status: 412 } });
  });

  it.each(['before', 'after', 'delayed'] as const)(
    'applies a change once when its commit fails %s it took effect',
    async (when) => {
      const broker = memoryBroker();
      const { kafka, writer } = await open(broker);
      await writer.change(id, () => first);
      broker.failNext({ operation: 'commit', when }, kafka);
      let decisions = 0;
      const changed = await writer.change(id, (current) => {
        decisions++;
        if (current?.version !== 1) throw new Problem(412);
        return { ...current, version: 2 };
      });
      expect(changed?.version).toBe(2);
      expect(decisions).toBe(when === 'after' ? 1 : 2);
    },
  );

  it.each(['initProducerId', 'offsets', 'send'] as const)('goes on when %s fails', async (operation) => {
    const broker = memoryBroker();
    const { kafka, writer, table } = await open(broker);
    await table.caughtUp;
    broker.failNext({ operation, when: 'before' }, kafka);
    expect(await writer.change(id, () => first)).toEqual(first);
  });

  it('lets another process go on where one died in the middle of a change', async () => {
    const broker = memoryBroker();
    const [dying, living] = [await open(broker), await open(broker)];
    await dying.writer.change(id, () => first);
    broker.failNext({ operation: 'commit', when: 'before', crash: true }, dying.kafka);
    void dying.writer.change(id, increment).catch(() => undefined);
    expect(await living.writer.change(id, (current) => current && { ...current, name: 'second' })).toMatchObject({
      name: 'second',
    });
  });

  it('throws what the decision throws, and goes on with the next', async () => {
    const { writer } = await open(memoryBroker());
    await expect(writer.change(id, () => Promise.reject(new Problem(404)))).rejects.toMatchObject({ status: 404 });
    expect(await writer.change(id, () => first)).toEqual(first);
  });

  it('answers 503 when Kafka does not come back in time', async () => {
    const broker = memoryBroker();
    const { kafka, writer } = await open(broker, 100);
    const failing = setInterval(() => broker.failNext({ operation: 'initProducerId', when: 'before' }, kafka), 1);
    for (let index = 0; index < 50; index++) broker.failNext({ operation: 'initProducerId', when: 'before' }, kafka);
    await expect(writer.change(id, () => first)).rejects.toMatchObject({ status: 503 });
    clearInterval(failing);
  });
});
