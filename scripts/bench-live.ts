import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Secret } from '@tailrace/config/secret.ts';
import { signToken } from '@tailrace/http/access/tokens.ts';
import type { OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { normalise } from '@tailrace/normalise/normalise.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { RoleProcess } from './chaos/role-process.ts';
import { startDevStack } from './dev-stack/dev-stack.ts';

/**
 * What a viewer gets, on this machine, with broker, roles, viewers and producer sharing its cores:
 *
 * 1. raw append → WebSocket: events appended to `logs.raw.aws` at RATE a second, through normaliser and fanout (each a
 *    process) to VIEWERS viewers with a filter; latency from the append call to the viewer's socket.
 * 2. fan-out: canonical records appended to `logs` at rising rates to VIEWERS viewers; the most lines a second that
 *    arrived without a gap.
 * 3. the limit: bare `ws` broadcasting lines of the same size to as many clients, and the ratio.
 *
 * Environment: VIEWERS (100), RATE (1000), SECONDS (10), KAFKA_BROKERS and DATABASE_URL to use running servers.
 */
const viewers = Number(process.env.VIEWERS ?? 100);
const rate = Number(process.env.RATE ?? 1000);
const seconds = Number(process.env.SECONDS ?? 10);
const project = 'bench';
const jwtSecret = randomBytes(32).toString('hex');
const directory = mkdtempSync(join(tmpdir(), 'bench-live-'));
const children: ChildProcess[] = [];
const print = (name: string, value: unknown) => console.log(JSON.stringify({ bench: 'live', name, ...Object(value) }));

const stack = await startDevStack({
  directory,
  environment: process.env,
  report: (line) => console.error(line),
  customaryPorts: false,
});
const topicPrefix = `bench-${randomBytes(4).toString('hex')}-`;
const env = {
  KAFKA_BROKERS: stack.kafka.brokers,
  DATABASE_URL: stack.postgres.databaseUrl,
  TOPIC_PREFIX: topicPrefix,
  JWT_SECRET: jwtSecret,
  CREDENTIAL_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
  LOG_LEVEL: 'warn',
};
const roles = [
  await RoleProcess.create('normaliser', 'normaliser', env, directory),
  await RoleProcess.create('fanout', 'fanout', env, directory),
] as const;
const [, fanout] = roles;
const kafka = await openKafka({
  brokers: stack.kafka.brokers.split(','),
  topicPrefix,
  logger: createLogger({ level: 'warn' }),
});
try {
  for (const role of roles) role.start();
  await Promise.all(roles.map((role) => role.ready()));
  const latency = await withViewers('{"levels":["info","error"]}', async () => {
    await produce(topics.rawAws.name, rate, (index) => topics.rawAws.codec.encode(rawEvent(index)));
  });
  print('raw append to viewer', { viewers, eventsPerSecond: rate, ...latency });

  let best = { linesPerSecond: 0 };
  for (const lines of [1000, 2500, 5000, 10_000, 15_000, 20_000, 30_000]) {
    const result = await withViewers('{"levels":["info","error"]}', async () => {
      await produce(topics.logs.name, lines, (index) =>
        topics.logs.codec.encode(normalise(rawEvent(index), { partition: 0, offset: index })),
      );
    });
    print('fan-out', { viewers, produced: lines, ...result });
    if (result.gaps > 0 || result.linesPerSecond < lines * viewers * 0.9) break;
    best = result;
  }
  for (const role of roles) await role.stop();
  const line = JSON.stringify(normalise(rawEvent(0), { partition: 0, offset: 0 })).length + 150;
  for (const mode of ['line', 'batch']) {
    const limit = await broadcastLimit(mode, line);
    print(`bare ws, ${mode}`, { ...limit, ratio: Number((best.linesPerSecond / limit.linesPerSecond).toFixed(2)) });
  }
} finally {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(roles.map((role) => role.stop()));
  await kafka.close();
  await stack.stop();
  rmSync(directory, { recursive: true, force: true });
}

interface ViewerResult {
  readonly lines: number;
  readonly gaps: number;
  readonly linesPerSecond: number;
  readonly p50: number | null;
  readonly p99: number | null;
}

/** Connects the viewers, does the work, and gives what they saw. */
async function withViewers(filter: string, work: () => Promise<void>): Promise<ViewerResult> {
  const token = await signToken(
    new Secret(jwtSecret),
    { subject: 'bench', projects: [project], role: 'viewer' },
    { expiresInSeconds: 3600 },
  );
  const path = `/api/v1/live-logs/ws/${project}?filter=${encodeURIComponent(filter)}`;
  return watch(String(fanout.port), path, `Bearer ${token}`, work);
}

async function watch(
  port: string,
  path: string,
  authorization: string,
  work: () => Promise<void>,
): Promise<ViewerResult> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'bench-live', 'viewers.ts'), port, path, String(viewers), authorization],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(child);
  const output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await output.next();
  await work();
  child.kill('SIGTERM');
  const { value } = await output.next();
  return JSON.parse(value ?? '{}');
}

/** Appends at a steady rate for the whole time, a batch every 10 ms, then lets the last lines arrive. */
async function produce(topic: string, perSecond: number, encode: (index: number) => Buffer): Promise<void> {
  const producer = await kafka.producer();
  const started = performance.now();
  let sent = 0;
  const pending = new Set<Promise<void>>();
  for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - started) {
    const due = Math.floor((elapsed / 1000) * perSecond) - sent;
    const records: OutgoingRecord[] = [];
    for (let index = sent; index < sent + due; index += 1) {
      const connection = `conn_${index % 24}`;
      records.push({
        topic,
        partition: partitionFor(connection, topics.logs.partitions),
        key: Buffer.from(connection),
        value: encode(index),
        headers: { project, connection },
      });
    }
    sent += due;
    if (records.length > 0) {
      const sending = producer.send(records).finally(() => pending.delete(sending));
      pending.add(sending);
    }
    await delay(10);
  }
  await Promise.all(pending);
  await delay(1000);
  await producer.close();
}

function rawEvent(index: number): RawEvent {
  const now = performance.timeOrigin + performance.now();
  const micros = Math.floor(now * 1000);
  const level = index % 10 === 0 ? 'error' : 'info';
  const message = `{"level":"${level}","msg":"order ${index} accepted sent=${now.toFixed(3)} ","service":"checkout","user_id":${index},"region":"eu-central-1"}`;
  return {
    connection_id: `conn_${index % 24}`,
    project_id: project,
    provider: 'aws',
    event_id: `event-${index}`,
    timestamp: micros,
    timestamp_nanos: 0,
    observed_timestamp: micros,
    ingest_timestamp: micros,
    source: { log_group: '/ecs/checkout', region: 'eu-central-1' },
    stream: 'checkout/api/1',
    payload: JSON.stringify({
      logStreamName: 'checkout/api/1',
      timestamp: Math.floor(now),
      message,
      ingestionTime: Math.floor(now),
      eventId: `event-${index}`,
    }),
    rewind_id: null,
  };
}

async function broadcastLimit(mode: string, size: number): Promise<ViewerResult> {
  const port = fanout.port;
  const server = spawn(
    process.execPath,
    [
      join(import.meta.dirname, 'bench-live', 'broadcast.ts'),
      String(port),
      String(viewers),
      String(seconds / 2),
      mode,
      String(size),
    ],
    { stdio: 'inherit' },
  );
  children.push(server);
  await delay(700);
  return watch(String(port), '/', 'none', () => once(server, 'exit').then(() => undefined));
}
