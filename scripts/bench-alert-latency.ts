import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { testRule } from '@tailrace/alert-rules/test-rules.ts';
import { Secret } from '@tailrace/config/secret.ts';
import { signToken } from '@tailrace/http/access/tokens.ts';
import type { Kafka, OutgoingRecord, TransactionalProducer } from '@tailrace/kafka/kafka.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { normalise } from '@tailrace/normalise/normalise.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { WebSocket } from 'ws';
import { status } from '../apps/alerting/test-data.ts';
import { benchRules } from './bench-alerting/bench-rules.ts';
import { benchEvents } from './bench-events.ts';
import { RoleProcess } from './chaos/role-process.ts';
import { startDevStack } from './dev-stack/dev-stack.ts';

/**
 * How soon an alert is on a viewer's screen: a matching line in `logs` → the alert's frame on a WebSocket, through alerting
 * and fanout, each a process, with broker, viewer and producer sharing the machine. The lines come as the normaliser
 * writes them: RATE a second, in transactions 25 ms apart, and a connection status of each connection a second; MATCHES
 * of them, spread over SECONDS, each set off an alert of their own. The time is taken from when the broker has
 * acknowledged the line's transaction. Prints one JSON line.
 *
 * Environment: RATE (1000), SECONDS (60), MATCHES (300), RULES of the project that do not match (1000), KAFKA_CLIENT,
 * KAFKA_BROKERS and DATABASE_URL to use running servers.
 */
const rate = Number(process.env.RATE ?? 1000);
const seconds = Number(process.env.SECONDS ?? 60);
const matches = Number(process.env.MATCHES ?? 300);
const rules = Number(process.env.RULES ?? 1000);
const client = process.env.KAFKA_CLIENT === 'kafkajs' ? 'kafkajs' : 'platformatic';
const project = 'bench';
const paceMs = 25;
const directory = mkdtempSync(join(tmpdir(), 'bench-alert-latency-'));
const jwtSecret = randomBytes(32).toString('hex');
const topicPrefix = `bench-${randomBytes(4).toString('hex')}-`;

const lines = benchEvents(10_000).map((event, offset) =>
  normalise({ ...event, project_id: project }, { partition: 0, offset }),
);
const connections = [...new Set(lines.map(({ connection_id: id }) => id))];
let written = 0;
/** When a matching line's transaction was acknowledged, by the stream that the rule groups by. */
const acknowledged = new Map<string, number>();
const seen = new Map<string, { readonly at: number; readonly decidedAt: number }>();

const stack = await startDevStack({
  directory,
  environment: process.env,
  report: (line) => console.error(line),
  customaryPorts: false,
});
const env = {
  KAFKA_BROKERS: stack.kafka.brokers,
  KAFKA_CLIENT: client,
  DATABASE_URL: stack.postgres.databaseUrl,
  TOPIC_PREFIX: topicPrefix,
  JWT_SECRET: jwtSecret,
  LOG_LEVEL: 'warn',
};
const alerting = await RoleProcess.create('alerting', 'alerting', env, directory);
const fanout = await RoleProcess.create('fanout', 'fanout', env, directory);
const kafka = await openKafka({
  brokers: stack.kafka.brokers.split(','),
  topicPrefix,
  logger: createLogger({ level: 'warn' }),
});
try {
  await kafka.admin.createTopics(Object.values(topics));
  await writeRules(kafka);
  for (const role of [alerting, fanout]) role.start();
  await Promise.all([alerting.ready(), fanout.ready()]);
  const viewer = await openViewer(fanout.port);
  const producer = await kafka.transactionalProducer('bench-lines');
  // Until the first alert comes, the rule may not have been read.
  for (let attempt = 0; seen.size === 0; attempt += 1) {
    await append(producer, [matching(`warm-up ${attempt}`)]);
    await delay(250);
  }
  const measured = Array.from({ length: matches }, (_, index) => `stream ${index}`);
  await produce(producer, measured);
  const deadline = Date.now() + 30_000;
  while (measured.some((stream) => !seen.has(stream)) && Date.now() < deadline) await delay(50);
  report(measured);
  viewer.close();
  await producer.close();
} finally {
  await Promise.all([alerting.stop(), fanout.stop()]);
  await kafka.close();
  await stack.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function writeRules(to: Kafka): Promise<void> {
  const rule = testRule({
    id: 'rule_matching',
    project_id: project,
    alert_type: 'pattern_match',
    conditions: JSON.stringify({ pattern: 'circuit breaker (open|tripped) for \\w+', case_sensitive: true }),
    group_by: 'stream',
    cooldown_minutes: 60,
  });
  // The first of the bench's rules counts every error; the others match few lines.
  const others = benchRules(project, rules + 1).slice(1);
  await write(
    to,
    topics.alertRules,
    [rule, ...others].map((each) => [each.id, each]),
  );
}

async function write<Value>(
  to: Kafka,
  { name: topic, partitions, codec }: TopicSpec<Value>,
  values: readonly (readonly [key: string, value: Value])[],
): Promise<void> {
  const producer = await to.producer();
  await producer.send(
    values.map(([key, value]) => ({
      topic,
      partition: partitionFor(key, partitions),
      key: Buffer.from(key),
      value: codec.encode(value),
      headers: { project },
    })),
  );
  await producer.close();
}

/** A viewer that follows every line of the project. */
async function openViewer(port: number): Promise<WebSocket> {
  const token = await signToken(
    new Secret(jwtSecret),
    { subject: 'bench', projects: [project], role: 'viewer' },
    { expiresInSeconds: 3600 },
  );
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/live-logs/ws/${project}?filter={}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  socket.on('message', (data) => {
    const at = now();
    const { type, event, alert } = JSON.parse(data.toString());
    if (type === 'alert' && event === 'fired') seen.set(alert.group, { at, decidedAt: Date.parse(alert.fired_at) });
  });
  await once(socket, 'open');
  return socket;
}

/** Appends at a steady rate, the matching lines spread over it, and says how far the connections are complete. */
async function produce(producer: TransactionalProducer, streams: readonly string[]): Promise<void> {
  const started = performance.now();
  let [sent, matched, told] = [0, 0, 0];
  for (let elapsed = 0; matched < streams.length; elapsed = performance.now() - started) {
    const due = Math.floor((elapsed / 1000) * rate) - sent;
    const dueMatches = streams.slice(matched, Math.floor((elapsed / (seconds * 1000)) * streams.length));
    const batch = [...Array.from({ length: due }, background), ...dueMatches.map(matching)];
    sent += due;
    matched += dueMatches.length;
    await append(producer, batch);
    for (const stream of dueMatches) acknowledged.set(stream, now());
    if (elapsed >= told) {
      told += 1000;
      const complete = { complete_up_to: micros() - 5_000_000, project_id: project };
      await write(
        kafka,
        topics.connectionStatus,
        connections.map((id) => [id, status(0, { ...complete, connection_id: id })]),
      );
    }
    await delay(Math.max(0, paceMs - (performance.now() - started - elapsed)));
  }
}

async function append(producer: TransactionalProducer, batch: readonly LogRecord[]): Promise<void> {
  if (batch.length === 0) return;
  const transaction = producer.begin();
  await transaction.send(batch.map(toOutgoing));
  await transaction.commit();
}

function toOutgoing(line: LogRecord): OutgoingRecord {
  const { name: topic, partitions, codec } = topics.logs;
  const { connection_id: connection } = line;
  return {
    topic,
    partition: partitionFor(connection, partitions),
    key: Buffer.from(connection),
    value: codec.encode(line),
    headers: { project, connection },
  };
}

function background(): LogRecord {
  const line = lines[written % lines.length]!;
  written += 1;
  return { ...line, id: `${line.id.slice(0, 20)}${written}`, timestamp: micros() };
}

function matching(stream: string): LogRecord {
  return { ...background(), stream, severity_number: 17, body: `circuit breaker open for ${stream}` };
}

function report(measured: readonly string[]): void {
  const times = measured.flatMap((stream) => {
    const frame = seen.get(stream);
    const from = acknowledged.get(stream);
    return frame && from !== undefined ? [{ frame: frame.at - from, decided: frame.decidedAt - from }] : [];
  });
  const quantiles = (values: readonly number[]) => {
    const sorted = values.toSorted((one, other) => one - other);
    const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN);
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  };
  console.log(
    JSON.stringify({
      bench: 'alert-latency',
      name: 'matching line in logs to alert frame, ms',
      client,
      lines_per_second: rate,
      rules: rules + 1,
      alerts: times.length,
      missing: measured.length - times.length,
      ...quantiles(times.map(({ frame }) => frame)),
      decided: quantiles(times.map(({ decided }) => decided)),
    }),
  );
  if (times.length < measured.length) process.exitCode = 1;
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function micros(): number {
  return Math.floor(now() * 1000);
}
