import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connector } from '@tailrace/ingestion/contract/configure.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { runProcessor } from '@tailrace/stream/processing/processor.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, expect, it } from 'vitest';
import { embed } from './embed-ingest-and-normaliser.ts';
import { fileLines } from './own-connector.ts';
import { errorLogs, errorsOnly } from './own-consumer.ts';

const directory = mkdtempSync(join(tmpdir(), 'examples-'));
const cleanUp = new AsyncDisposableStack();
afterEach(async () => {
  await cleanUp.disposeAsync();
  rmSync(directory, { recursive: true });
});

it('an embedding program reads an own source through embedded roles into an own consumer, each line once', async () => {
  const file = join(directory, 'shop.log');
  const append = (message: string) => appendFileSync(file, `${new Date().toISOString()} ${message}\n`);
  append('{"level":"info","msg":"calm"}');
  append('{"level":"error","msg":"broken","service":"shop"}');

  const kafka = memoryBroker().connect();
  cleanUp.defer(() => kafka.close());
  const extensions = { connectors: [connector(fileLines)] };
  const env = { CREDENTIAL_ENCRYPTION_KEY: Buffer.alloc(32, 5).toString('base64url') };
  const embedded = await embed(kafka, env, extensions);
  cleanUp.defer(() => embedded.stop());
  await kafka.admin.createTopics([errorLogs]);
  const logger = createLogger({ level: 'silent' });
  const consumer = runProcessor(errorsOnly, { kafka, logger, metrics: new Metrics() });
  cleanUp.defer(() => consumer.stop());

  const id = 'conn_example';
  const producer = await kafka.producer();
  const value = topics.connections.codec.encode({
    id,
    project_id: 'demo',
    name: 'example',
    provider: fileLines.provider,
    config: JSON.stringify({ file, poll_interval_ms: 50 }),
    sealed_credentials: null,
    desired_state: 'running',
    version: 1,
    created_at: 0,
    updated_at: 0,
    rewind: null,
    parsing: null,
  });
  const { name, partitions } = topics.connections;
  await producer.send([{ topic: name, partition: partitionFor(id, partitions), key: Buffer.from(id), value }]);
  await producer.close();

  const errors = async () => {
    const found: string[] = [];
    for (let partition = 0; partition < errorLogs.partitions; partition += 1) {
      for await (const records of readPartition(kafka, errorLogs.name, partition, new AbortController().signal)) {
        for (const record of records) found.push(errorLogs.codec.decode(record.value!).body);
      }
    }
    return found.sort();
  };
  await expect.poll(errors, { timeout: 20_000 }).toEqual(['broken']);
  append('{"level":"fatal","msg":"down","service":"shop"}');
  append('{"level":"debug","msg":"still calm"}');
  await expect.poll(errors, { timeout: 20_000 }).toEqual(['broken', 'down']);
  expect(embedded.roles.map((role) => role.readiness())).toEqual([{ ready: true }, { ready: true }]);
});
