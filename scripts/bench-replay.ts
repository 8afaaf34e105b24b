import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { openPool } from '@tailrace/postgres/connection/pool.ts';
import { migrate } from '@tailrace/postgres/migrate.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { benchEvents } from './bench-events.ts';
import { outputRate } from './bench-normaliser/output-rate.ts';
import { usageOf } from './bench-normaliser/process-usage.ts';
import { runOverTopic } from './bench-normaliser/role-run.ts';
import { writeRawEvents } from './bench-normaliser/write-raw-events.ts';
import { AskedReplay } from './bench-replay/asked-replay.ts';
import { RoleProcess } from './chaos/role-process.ts';
import { startDevStack } from './dev-stack/dev-stack.ts';

/**
 * The replayer beside the live normaliser: the same raw events, the same broker, one after the other in one run, rates by
 * the broker's append times. Prints a JSON line for each measurement and a table of rates, ratios and memory by size.
 *
 * The sink does not run, so that the replayer alone is measured; its offsets are kept at the ends, as a sink that keeps
 * up would. Environment: SIZES (`100000 1000000 3000000`), KAFKA_BROKERS and DATABASE_URL to use running servers.
 */
const sizes = (process.env.SIZES ?? '100000 1000000 3000000').split(' ').map(Number);
/** Events are made once and written again with other ids, so that the maker's memory stays small. */
const blockSize = 100_000;
const project = 'bench';

const directory = mkdtempSync(join(tmpdir(), 'bench-replay-'));
const logger = createLogger({ level: 'warn' });
const stack = await startDevStack({
  directory,
  environment: process.env,
  report: (line) => console.error(line),
  customaryPorts: false,
});
const pool = openPool({ url: stack.postgres.databaseUrl, applicationName: 'bench', onIdleError: () => undefined });
const block = benchEvents(blockSize).map((event) => ({ ...event, project_id: project }));
const rows: string[] = [];
try {
  await migrate(pool);
  for (const size of sizes) await measure(size);
  console.log('\n   records  normaliser/s    replayer/s  ratio  normaliser MiB  replayer MiB');
  console.log(rows.join('\n'));
} finally {
  await pool.end();
  await stack.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function measure(size: number): Promise<void> {
  const topicPrefix = `bench-${randomBytes(4).toString('hex')}-`;
  const kafka = await openKafka({ brokers: stack.kafka.brokers.split(','), topicPrefix, logger });
  const env = {
    KAFKA_BROKERS: stack.kafka.brokers,
    DATABASE_URL: stack.postgres.databaseUrl,
    TOPIC_PREFIX: topicPrefix,
    LOG_LEVEL: 'warn',
  };
  await kafka.admin.createTopics(Object.values(topics).map(withAppendTime));
  const upToDate = keepSinkUpToDate(kafka);
  const replayer = await RoleProcess.create('replayer', `replayer-${size}`, env, directory);
  try {
    await writeRawEvents(kafka, { block, count: size });
    const usage = await runOverTopic({
      kafka,
      role: 'normaliser',
      group: 'normaliser',
      input: topics.rawAws.name,
      processes: 1,
      env,
      directory,
    });
    const live = { ...(await outputRate(kafka, topics.logs)), ...usage };
    print('normaliser', size, live);
    replayer.start();
    await replayer.ready();
    await replayAll(kafka);
    const replayed = { ...(await outputRate(kafka, topics.logsReplayed)), ...usageOf(replayer.pid ?? 0) };
    print('replayer', size, replayed);
    for (const { records, distinct } of [live, replayed]) {
      if (records !== size || distinct !== size) throw new Error(`not exactly once: ${records}, ${distinct} distinct`);
    }
    const ratio = (replayed.recordsPerSecond / live.recordsPerSecond).toFixed(2);
    const cells = [size, live.recordsPerSecond, replayed.recordsPerSecond, ratio, live.peakRssMib, replayed.peakRssMib];
    const widths = [10, 14, 14, 7, 16, 14];
    rows.push(cells.map((cell, column) => String(cell).padStart(widths[column] ?? 0)).join(''));
  } finally {
    await replayer.stop();
    await upToDate.stop();
    await kafka.admin.deleteTopics(Object.values(topics).map(({ name }) => name));
    await kafka.close();
  }
}

/** The times of what is written are the broker's, where the rate is measured. */
function withAppendTime(spec: TopicSpec): TopicSpec {
  const isMeasured = spec.name === topics.logs.name || spec.name === topics.logsReplayed.name;
  return isMeasured ? { ...spec, config: { ...spec.config, 'message.timestamp.type': 'LogAppendTime' } } : spec;
}

async function replayAll(kafka: Kafka): Promise<void> {
  const replay = await AskedReplay.ask(kafka, logger, project);
  await replay.completed();
  await replay.close();
}

function keepSinkUpToDate({ admin }: Kafka): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const done = (async () => {
    while (!stopping.signal.aborted) {
      for (const { name } of [topics.logs, topics.logsReplayed]) {
        const [{ id }, ends] = await Promise.all([admin.describeTopic(name), admin.offsets(name, 'last_stable')]);
        for (const [partition, end] of ends.entries()) {
          await pool.query(
            `insert into sink_offsets (topic, partition, topic_id, next_offset, epoch) values ($1, $2, $3, $4, 1)
             on conflict (topic, partition) do update set next_offset = excluded.next_offset`,
            [name, partition, id, end],
          );
        }
      }
      await delay(250, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  done.catch((error) => console.error(error));
  return {
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

function print(name: string, size: number, result: object): void {
  console.log(JSON.stringify({ bench: 'replay', name, size, ...result }));
}
