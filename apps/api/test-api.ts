import { ruleKinds } from '@tailrace/alert-rules/rule-kinds.ts';
import { openOutgoing } from '@tailrace/channels/outgoing/outgoing.ts';
import { channelKinds } from '@tailrace/channels/registry.ts';
import { Secret } from '@tailrace/config/secret.ts';
import { type KeyRing, openKeyRing } from '@tailrace/credentials/key-ring.ts';
import { createSessionOpener, createSessionVerifier } from '@tailrace/http/access/sessions.ts';
import { createTicketSigner } from '@tailrace/http/access/tickets.ts';
import { createTokenVerifier, type ProjectRole, signToken } from '@tailrace/http/access/tokens.ts';
import { openHttpServer } from '@tailrace/http/open-http-server.ts';
import type { Connector } from '@tailrace/ingestion/contract/configure.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { type MemoryBroker, memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { openReplayTable } from '@tailrace/replays/replay-table.ts';
import { type Extensions, extended } from '@tailrace/role/extensions.ts';
import { installedNormaliser } from '@tailrace/role/installed-normaliser.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import type { Replay } from '@tailrace/schemas/generated/replay.ts';
import { openTable } from '@tailrace/stream/reading/table.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { z } from 'zod';
import { AlertStore } from './alerts/alert-store.ts';
import { registerApi } from './api.ts';
import { openLetterMarks } from './dead-letters/letter-marks.ts';
import { openNotificationLog } from './notifications/notification-log.ts';
import { openProjectTable } from './resources/project-table.ts';
import { tableWriter } from './resources/table-writer.ts';
import { openShares } from './shares.ts';
import { openLogDatabase } from './stream/log-database.ts';
import { testConnector } from './test-connector.ts';

export const jwtSecret = new Secret('a secret of at least thirty-two bytes');
const firstKey = new Secret(Buffer.alloc(32, 1).toString('base64url'));

interface TestApiOptions {
  /** Several processes share one. */
  readonly broker?: MemoryBroker;
  readonly connector?: Connector;
  /** In place of `connector`. */
  readonly connectors?: ReadonlyMap<Provider, Connector>;
  readonly extensions?: Omit<Extensions, 'connectors'>;
  readonly keys?: KeyRing;
  readonly databaseUrl?: string;
  readonly allowedEndpoints?: readonly string[];
  readonly allowedChannelHosts?: readonly string[];
  readonly channelsPerProject?: number;
  readonly connectionsPerProject?: number;
  readonly rateLimit?: number;
  readonly changeTimeoutMs?: number;
  readonly notificationTimeoutMs?: number;
  readonly alertingLatenessMs?: number;
  readonly alertingMaxGroups?: number;
  readonly alertRulesPerProject?: number;
  readonly databaseConnections?: number;
  readonly backtestsAtOnce?: number;
  readonly backtestTimeoutMs?: number;
  /** What runs in the thread that searches. */
  readonly threadScript?: URL;
}

export interface Call {
  readonly method?: string;
  readonly token?: string | null;
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What tests read of any answer: every body of ours is an object. */
const objectBody = z.record(z.string(), z.any());

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: z.output<typeof objectBody>;
  readonly text: string;
}

/** An api process on an in-memory broker, asked over real HTTP. Its database is unreachable unless one is given. */
export async function startTestApi(options: TestApiOptions = {}) {
  const { notificationTimeoutMs = 10_000 } = options;
  const broker = options.broker ?? memoryBroker();
  const kafka: Kafka = broker.connect();
  const logLines: string[] = [];
  const logger = createLogger({ level: 'debug', destination: { write: (line) => void logLines.push(line) } });
  await kafka.admin.createTopics(Object.values(topics));
  const server = await openHttpServer({
    logger,
    metrics: new Metrics(),
    notReady: () => [],
    port: 0,
    host: '127.0.0.1',
    bodyLimitBytes: 64 * 1024,
    rateLimit: options.rateLimit ?? 100_000,
    trustProxy: 0,
    connectionsPerAddress: 1000,
    unreadAnswerBytes: 64 * 1024 * 1024,
    metricsAccess: 'inside',
  });
  const connections = openProjectTable(kafka, topics.connections, logger);
  const rules = openProjectTable(kafka, topics.alertRules, logger);
  const replays = openReplayTable({ kafka, logger });
  const statuses = openTable({ kafka, topic: topics.connectionStatus, logger });
  const writer = tableWriter({
    kafka,
    topic: topics.connections,
    table: connections.table,
    timeoutMs: options.changeTimeoutMs ?? 20_000,
    headers: ({ project_id, id }) => ({ project: project_id, connection: id }),
    logger,
  });
  const letterMarks = openLetterMarks(kafka, logger);
  const ruleWriter = tableWriter({
    kafka,
    topic: topics.alertRules,
    table: rules.table,
    timeoutMs: options.changeTimeoutMs ?? 20_000,
    headers: ({ project_id }) => ({ project: project_id }),
    logger,
  });
  const replayWriter = tableWriter<Replay>({
    kafka,
    topic: topics.replays,
    table: replays.table,
    timeoutMs: options.changeTimeoutMs ?? 20_000,
    headers: ({ request }) => ({ project: request?.project_id ?? '' }),
    logger,
  });
  const channels = openProjectTable(kafka, topics.notificationChannels, logger);
  const channelWriter = tableWriter({
    kafka,
    topic: topics.notificationChannels,
    table: channels.table,
    timeoutMs: options.changeTimeoutMs ?? 20_000,
    headers: ({ project_id }) => ({ project: project_id }),
    logger,
  });
  const notifications = openNotificationLog(kafka, logger);
  const shares = openShares({
    databaseConnections: options.databaseConnections ?? 4,
    searchTimeoutMs: 20_000,
    backtestsAtOnce: options.backtestsAtOnce ?? 2,
    onRefused: () => undefined,
  });
  const database = openLogDatabase({
    url: options.databaseUrl ?? 'postgres://nobody@127.0.0.1:1/none',
    maxConnections: options.databaseConnections ?? 4,
    statementTimeoutMs: 20_000,
    queue: shares.searches,
    logger,
    threadScript: options.threadScript,
  });
  const keys = options.keys ?? openKeyRing(firstKey);
  const connector = options.connector ?? testConnector(() => 'ok');
  const connectors = options.connectors ?? new Map<Provider, Connector>([[connector.provider, connector]]);
  const alerts = new AlertStore({ kafka, database });
  registerApi(server.http, {
    config: {
      alertingLatenessMs: options.alertingLatenessMs ?? 3_600_000,
      alertingMaxGroups: options.alertingMaxGroups ?? 1000,
      alertRulesPerProject: options.alertRulesPerProject ?? 100,
      backtestTimeoutMs: options.backtestTimeoutMs ?? 20_000,
      cloudEndpointAllowlist: [...(options.allowedEndpoints ?? [])],
      cloudHostCredentials: false,
      connectionsPerProject: options.connectionsPerProject ?? 100,
      connectionTestTimeoutMs: 300,
      rewindMaxDays: 30,
      connectionChangeTimeoutMs: options.changeTimeoutMs ?? 20_000,
      channelsPerProject: options.channelsPerProject ?? 100,
      notificationTimeoutMs,
      notificationDeadlineMs: 60_000,
      publicUrl: 'https://logs.example',
      searchMaxRangeDays: 92,
      searchTimeoutMs: 5000,
    },
    authentication: {
      verifyToken: createTokenVerifier({ jwtSecret }),
      sessions: createSessionVerifier({ jwtSecret }),
    },
    sessions: createSessionOpener({ jwtSecret, sessionMaxDays: 7 }),
    signTicket: createTicketSigner({ jwtSecret }),
    connections,
    writer,
    rules,
    ruleWriter,
    ruleKinds: extended(ruleKinds, options.extensions?.ruleKinds, ({ type }) => type),
    channels,
    channelWriter,
    channelKinds: extended(channelKinds, options.extensions?.channelKinds, ({ type }) => type),
    normalise: installedNormaliser(options.extensions),
    outgoing: openOutgoing({ allowlist: options.allowedChannelHosts ?? [], timeoutMs: notificationTimeoutMs }),
    notifications,
    alerts,
    replays,
    replayWriter,
    statuses,
    connectors,
    keys,
    database,
    shares,
    kafka,
    letterMarks,
    logger,
  });
  await server.serve();
  const tables = [
    connections.table,
    rules.table,
    replays.table,
    statuses,
    letterMarks.table,
    channels.table,
    notifications.table,
  ];
  await Promise.all(tables.map((each) => each.caughtUp));
  const editor = await tokenFor('editor');
  const base = `http://127.0.0.1:${server.port}`;

  /** Calls a route below the prefix, or an absolute path. As an editor of `demo` unless the call says otherwise. */
  async function call(
    path: string,
    { method = 'GET', token = editor, body, text, headers = {} }: Call = {},
  ): Promise<Answer> {
    const payload = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(path.startsWith('/.') ? base + path.slice(2) : `${base}/api/v1/live-logs${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload === undefined ? {} : { body: payload }),
    });
    const received = await response.text();
    const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
    const parsed = objectBody.safeParse(isJson ? JSON.parse(received) : {});
    return { status: response.status, headers: response.headers, body: parsed.data ?? {}, text: received };
  }

  return {
    broker,
    kafka,
    call,
    connections,
    rules,
    replays,
    statuses,
    writer,
    channels,
    notifications,
    database,
    shares,
    logLines,
    base,
    close: async () => {
      await server.close();
      await Promise.all([...tables, alerts, database].map((each) => each.close()));
      await kafka.close();
    },
  };
}

export type TestApi = Awaited<ReturnType<typeof startTestApi>>;

export function tokenFor(
  role: ProjectRole,
  projects: readonly string[] = ['demo'],
  expiresInSeconds = 600,
): Promise<string> {
  return signToken(jwtSecret, { subject: `a ${role}`, projects, role }, { expiresInSeconds });
}

/** A body that creates a connection. */
export function newConnection(config: Readonly<Record<string, unknown>> = {}, projectId = 'demo') {
  return {
    project_id: projectId,
    connection_name: 'Shop',
    cloud_provider: 'aws',
    connection_config: { region: 'eu-central-1', access_key_id: 'AKIA', secret_access_key: 'hunter2', ...config },
  };
}

/** A body that creates an alert rule. */
export function newRule(fields: Readonly<Record<string, unknown>> = {}) {
  return {
    project_id: 'demo',
    name: 'Errors',
    alert_type: 'error_rate',
    severity: 'high',
    conditions: { threshold: 10, window_minutes: 5 },
    ...fields,
  };
}

/** A body that creates a channel. */
export function newChannel(config: Readonly<Record<string, unknown>> = {}, changes: object = {}) {
  return {
    project_id: 'demo',
    channel_name: 'On call',
    channel_type: 'webhook',
    channel_config: { url: 'https://hooks.example/alerts', signing_secret: 'hunter2-hunter2-hunter2', ...config },
    ...changes,
  };
}
