import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { openPool } from '@tailrace/postgres/connection/pool.ts';
import { migrate } from '@tailrace/postgres/migrate.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { usageOf } from './bench-normaliser/process-usage.ts';
import { AskedReplay } from './bench-replay/asked-replay.ts';
import { OtherLoad } from './bench-replay/other-load.ts';
import { awsEvent } from './chaos/aws-events.ts';
import { LiveLoad, latencyOf } from './chaos/live-load.ts';
import { RoleProcess } from './chaos/role-process.ts';
import { startDevStack } from './dev-stack/dev-stack.ts';

/**
 * What a replay costs live lines: windows without and with a replay of stored lines take turns, so that whatever else the
 * machine does falls on both, and percentiles over all windows of a kind are compared. Live lines come at about 200 a second and
 * are timed from their append as raw events to their committed canonical records. Between windows the sink stores what
 * the replay has written. Prints a JSON line a round, then the percentiles over all rounds, the
 * medians of the windows' and their ratios. The first round, in which broker
 * and roles warm up, does not count, nor do those in which other programs took more than a quarter of a core.
 *
 * Environment: DEPLOYMENT (`processes`: each role one of its own; `one`: all roles in one, as `npm start` runs them),
 * RECORDS (300000), ROUNDS (5), WINDOW_MS (8000).
 */
const deployment = process.env.DEPLOYMENT ?? 'processes';
const records = Number(process.env.RECORDS ?? 300_000);
const rounds = Number(process.env.ROUNDS ?? 5);
const windowMs = Number(process.env.WINDOW_MS ?? 8000);
const project = 'bench';
const settleMs = 500;
/** Cores; the rest of the machine is not still enough for a round to count. */
const mostOthers = 0.25;

const directory = mkdtempSync(join(tmpdir(), 'bench-replay-live-'));
const logger = createLogger({ level: 'warn' });
const cleanUp = new AsyncDisposableStack();
cleanUp.defer(() => rmSync(directory, { recursive: true, force: true }));
const print = (result: object) => console.log(JSON.stringify({ bench: 'replay-live', deployment, ...result }));

try {
  const stack = await startDevStack({
    directory,
    environment: {},
    report: (line) => console.error(line),
    customaryPorts: false,
  });
  cleanUp.defer(() => stack.stop());
  const pool = openPool({ url: stack.postgres.databaseUrl, applicationName: 'bench', onIdleError: () => undefined });
  cleanUp.defer(() => pool.end());
  await migrate(pool);
  const env = {
    KAFKA_BROKERS: stack.kafka.brokers,
    DATABASE_URL: stack.postgres.databaseUrl,
    LOG_LEVEL: 'warn',
  };
  const kafka = await openKafka({ brokers: stack.kafka.brokers.split(','), logger });
  cleanUp.defer(() => kafka.close());
  await kafka.admin.createTopics(Object.values(topics));
  const pids = await (deployment === 'one' ? startOne(env) : startProcesses(env));

  const producer = await kafka.producer();
  const first = (Date.now() - 3 * 3_600_000) * 1000;
  for (let start = 0; start < records; start += 5000) {
    const events = Array.from({ length: Math.min(5000, records - start) }, (_, offset) => {
      const index = start + offset;
      const message = `{"level":"INFO","msg":"order ${index} placed","duration_ms":${index % 977}}`;
      const connection = `conn_${index % 12}`;
      return awsEvent({ project, connection, id: `event-${index}`, timestamp: first + index * 1000, message });
    });
    await producer.send(events);
  }
  await producer.close();
  const storedRows = async () => Number((await pool.query('select count(*) as rows from logs')).rows[0].rows);
  while ((await storedRows()) < records) await delay(500);

  /** Whatever the replay has written has been stored. */
  const sinkIsDone = async () => {
    for (;;) {
      const ends = await kafka.admin.offsets(topics.logsReplayed.name, 'last_stable');
      const { rows } = await pool.query(
        `select partition, next_offset::int as next from sink_offsets where topic = '${topics.logsReplayed.name}'`,
      );
      const isBehind = (end: number, partition: number) =>
        end > 0 && !rows.some((row) => row.partition === partition && row.next >= end);
      if (!ends.some(isBehind)) return;
      await delay(200);
    }
  };

  const load = new LiveLoad(kafka, project);
  await load.start();
  cleanUp.defer(() => load.stop());
  await delay(3000);
  const without: (readonly number[])[] = [];
  const during: (readonly number[])[] = [];
  const rates: number[] = [];
  const stale = () =>
    pool.query(`update logs set normaliser_version = 0, body = 'stale' where connection_id <> $1`, [
      LiveLoad.connection,
    ]);
  const ask = async () => {
    await stale();
    return AskedReplay.ask(kafka, logger, project, first + records * 1000);
  };
  let replay = await ask();
  await replay.want('paused');
  const others = new OtherLoad();
  for (let round = 0; during.length < rounds && round < 4 * rounds; round += 1) {
    await sinkIsDone();
    await delay(settleMs);
    load.take();
    others.take();
    await delay(windowMs);
    const quiet = { samples: load.take(), others: others.take() };
    if (replay.isCompleted) {
      await replay.close();
      replay = await ask();
    } else await replay.want('running');
    const before = replay.progress?.matched ?? 0;
    while (!replay.isCompleted && (replay.progress?.matched ?? 0) === before) await delay(5);
    load.take();
    others.take();
    const began = performance.now();
    while (!replay.isCompleted && performance.now() - began < windowMs) await delay(50);
    const tookMs = performance.now() - began;
    const busy = { samples: load.take(), others: others.take() };
    const recordsPerSecond = Math.round(((replay.progress?.matched ?? 0) - before) / (tookMs / 1000));
    await replay.want('paused');
    const isCounted = round > 0 && quiet.others <= mostOthers && busy.others <= mostOthers;
    print({ round, isCounted, without: shown(quiet), during: shown(busy), recordsPerSecond });
    if (!isCounted) continue;
    without.push(quiet.samples);
    during.push(busy.samples);
    rates.push(recordsPerSecond);
  }
  await replay.want('cancelled');
  await replay.close();
  for (const [role, pid] of pids) print({ role, ...usageOf(pid) });
  const ratio = (of: (windows: readonly (readonly number[])[]) => number) => {
    const [alone, beside] = [of(without), of(during)];
    return { without: alone, during: beside, ratio: Number((beside / alone).toFixed(2)) };
  };
  print({
    rounds: during.length,
    p50: ratio((windows) => latencyOf(windows.flat()).p50),
    p99: ratio((windows) => latencyOf(windows.flat()).p99),
    medianOfP99: ratio((windows) => median(windows.map((samples) => latencyOf(samples).p99))),
    recordsPerSecond: median(rates),
  });
} finally {
  await cleanUp.disposeAsync();
}

/** @returns process ids by role */
async function startProcesses(env: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, number>> {
  const pids = new Map<string, number>();
  for (const role of ['sink', 'normaliser', 'replayer']) {
    const created = await RoleProcess.create(role, role, env, directory);
    cleanUp.defer(() => created.stop());
    created.start();
    await created.ready();
    pids.set(role, created.pid ?? 0);
  }
  return pids;
}

/** All roles in one process, without the demo. */
async function startOne(env: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, number>> {
  const home = join(directory, 'home');
  mkdirSync(home);
  const child = spawn(process.execPath, [join(import.meta.dirname, 'start.ts'), '--no-demo', '--port', '0'], {
    cwd: home,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  cleanUp.defer(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  let output = '';
  const ready = Promise.withResolvers<void>();
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    if (output.includes('http://')) ready.resolve();
  });
  const early = exited.then(() => Promise.reject(new Error(`the roles did not start:\n${output}`)));
  early.catch(() => undefined);
  await Promise.race([ready.promise, early]);
  return new Map([['all', child.pid ?? 0]]);
}

function shown({ samples, others }: { readonly samples: readonly number[]; readonly others: number }): object {
  return { ...latencyOf(samples), others };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
