import { toAlertView } from '@tailrace/alert-rules/alert-view.ts';
import { Secret } from '@tailrace/config/secret.ts';
import { openHttpServer } from '@tailrace/http/open-http-server.ts';
import { signToken } from '@tailrace/http/tokens.ts';
import { type MemoryBroker, memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { toConnectionStatusView } from '@tailrace/log-query/connection-status-view.ts';
import { testAlert } from '@tailrace/postgres/test-alerts.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { start } from './start.ts';

const jwtSecret = new Secret('a secret of at least thirty-two bytes');
const logger = createLogger({ level: 'silent' });
const ends: (() => Promise<unknown>)[] = [];
let broker: MemoryBroker;

beforeEach(async () => {
  broker = memoryBroker();
  const kafka = broker.connect();
  ends.push(() => kafka.close());
  await kafka.admin.createTopics([topics.logs, topics.connectionStatus, topics.alerts]);
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A fanout process; its address. */
async function startProcess(): Promise<string> {
  const kafka = broker.connect();
  const metrics = new Metrics();
  const server = await openHttpServer({
    logger,
    metrics,
    notReady: () => [],
    port: 0,
    host: '127.0.0.1',
    bodyLimitBytes: 1024,
    rateLimit: 1000,
    trustProxy: false,
  });
  const role = await start(
    {
      jwtSecret,
      // Only one-use tickets need the database.
      databaseUrl: new Secret('postgres://nobody@127.0.0.1:1/none'),
      fanoutMaxViewers: 10,
      fanoutAllowedOrigins: [],
    },
    { kafka, logger, metrics, http: server.http },
  );
  await server.serve();
  ends.push(async () => {
    await role.stop();
    await server.close();
    await kafka.close();
  });
  return `ws://127.0.0.1:${server.port}/api/v1/live-logs/ws/`;
}

type Frame = Readonly<Record<string, unknown>>;

/** What a viewer of a project is told, of one type of frame. Resolves once it is connected. */
async function view(address: string, project: string, type: string): Promise<readonly Frame[]> {
  const token = await signToken(
    jwtSecret,
    { subject: 'ann', projects: [project], role: 'viewer' },
    { expiresInSeconds: 60 },
  );
  const socket = new WebSocket(address + project, { headers: { authorization: `Bearer ${token}` } });
  const frames: Frame[] = [];
  const greeted = Promise.withResolvers<void>();
  socket.on('error', greeted.reject);
  socket.on('message', (data) => {
    const frame: Frame = JSON.parse(data.toString());
    if (frame.type === 'hello') greeted.resolve();
    if (frame.type === type) frames.push(frame);
  });
  await greeted.promise;
  return frames;
}

async function write<Value>(topic: TopicSpec<Value>, key: (value: Value) => string, ...values: Value[]): Promise<void> {
  const kafka = broker.connect();
  const producer = await kafka.producer();
  await producer.send(
    values.map((value) => ({
      topic: topic.name,
      partition: partitionFor(key(value), topic.partitions),
      key: Buffer.from(key(value)),
      value: topic.codec.encode(value),
    })),
  );
  await kafka.close();
}

const writeAlerts = (...alerts: Alert[]) => write(topics.alerts, ({ rule_id }) => rule_id, ...alerts);
const idsOf = (frames: readonly Frame[]) => frames.map(({ alert }) => Object(alert).id).sort();

describe('alerts on the WebSocket', () => {
  it('reach the viewers of their project at every process, whatever their partition, and nobody else', async () => {
    const [one, other] = [await startProcess(), await startProcess()];
    const shop = [await view(one, 'shop', 'alert'), await view(other, 'shop', 'alert')];
    const bank = await view(one, 'bank', 'alert');
    const alerts = Array.from({ length: 20 }, (_, index) => testAlert(index, { rule_id: `rule_${index}` }));
    expect(new Set(alerts.map(({ rule_id }) => partitionFor(rule_id, topics.alerts.partitions))).size).toBe(
      topics.alerts.partitions,
    );
    await writeAlerts(...alerts);
    for (const frames of shop) await expect.poll(() => idsOf(frames)).toEqual(alerts.map(({ id }) => id));
    await writeAlerts(testAlert(90, { project_id: 'bank' }), testAlert(91));
    await expect.poll(() => idsOf(bank)).toEqual([testAlert(90).id]);
    for (const frames of shop) await expect.poll(() => frames.length).toBe(alerts.length + 1);
    expect(shop.flatMap(idsOf)).not.toContain(testAlert(90).id);
  });

  it('tell what happened, with the alert as the API gives it', async () => {
    const frames = await view(await startProcess(), 'shop', 'alert');
    const line = {
      id: 'a'.repeat(32),
      timestamp: 1_767_225_601_000_001,
      connection_id: 'conn_a',
      stream: 's',
      severity_number: 17,
      body: 'boom',
      partition: 1,
      offset: 7,
    };
    const fired = testAlert(1, { lines: [line] });
    const events = [
      fired,
      testAlert(1, { sequence: 2, event: 'updated', suppressed: 3 }),
      testAlert(1, { sequence: 2, event: 'read', suppressed: 3, read_by: 'ann' }),
      testAlert(1, { sequence: 3, event: 'resolved', status: 'resolved' }),
      testAlert(2, { event: 'escalated' }),
    ];
    await writeAlerts(...events);
    await expect
      .poll(() => frames)
      .toEqual(events.map((event) => ({ type: 'alert', event: event.event, alert: toAlertView(event) })));
    expect(frames[0]).toMatchObject({ alert: { lines: [{ level: 'error', body: 'boom' }], read_by: null } });
    expect(frames[2]).toMatchObject({ alert: { read_by: 'ann', read_at: expect.stringMatching(/Z$/) } });
  });

  it('are news: whoever comes later is not told of earlier ones', async () => {
    await writeAlerts(testAlert(1));
    const address = await startProcess();
    const first = await view(address, 'shop', 'alert');
    await writeAlerts(testAlert(2));
    await expect.poll(() => idsOf(first)).toEqual([testAlert(2).id]);
    const later = await view(address, 'shop', 'alert');
    await writeAlerts(testAlert(3));
    await expect.poll(() => idsOf(later)).toEqual([testAlert(3).id]);
  });
});

describe('statuses on the WebSocket', () => {
  const status: ConnectionStatus = {
    connection_id: 'conn_a',
    project_id: 'shop',
    connection_version: 3,
    state: 'throttled',
    state_since: 1_767_225_600_000_000,
    updated_at: 1_767_225_601_000_000,
    owner: 'host/1',
    events: 1,
    bytes: 2,
    requests: 3,
    errors: 0,
    throttles: 1,
    late_events: 0,
    skipped_events: 0,
    events_per_second: 1.5,
    lag_ms: 20,
    lateness_p50_ms: null,
    lateness_p95_ms: null,
    lateness_p99_ms: null,
    lateness: [],
    last_event_time: 1_767_225_600_500_000,
    last_event_seen_at: null,
    complete_up_to: null,
    last_error: {
      code: 'connector.throttled',
      message: 'too many requests',
      help: null,
      at: 1_767_225_601_000_000,
      retry_at: 1_767_225_602_000_000,
    },
    rewind: null,
  };

  it('are the JSON of the API: how things stand for who comes, then each change', async () => {
    const writeStatus = (...statuses: ConnectionStatus[]) =>
      write(topics.connectionStatus, ({ connection_id }) => connection_id, ...statuses);
    const told = { id: 'conn_a', ...toConnectionStatusView(status) };
    await writeStatus(status);
    const address = await startProcess();
    await expect.poll(async () => (await view(address, 'shop', 'status')).length).toBe(1);
    const frames = await view(address, 'shop', 'status');
    await writeStatus({ ...status, state: 'running', last_error: null }, { ...status, project_id: 'bank' });
    await expect
      .poll(() => frames)
      .toEqual([
        { type: 'status', connection: told },
        { type: 'status', connection: { ...told, state: 'running', last_error: null } },
      ]);
  });
});
