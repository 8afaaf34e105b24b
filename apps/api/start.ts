import { join } from 'node:path';
import { ruleKinds } from '@tailrace/alert-rules/rule-kinds.ts';
import { openOutgoing } from '@tailrace/channels/outgoing/outgoing.ts';
import { channelKinds } from '@tailrace/channels/registry.ts';
import { connectors } from '@tailrace/connectors/registry.ts';
import { openKeyRing } from '@tailrace/credentials/key-ring.ts';
import { createSessionOpener, createSessionVerifier } from '@tailrace/http/access/sessions.ts';
import { createTicketSigner } from '@tailrace/http/access/tickets.ts';
import { createTokenVerifier } from '@tailrace/http/access/tokens.ts';
import { refusedWork } from '@tailrace/http/limits/refused-work.ts';
import { openReplayTable } from '@tailrace/replays/replay-table.ts';
import { extended, extendedConnectors } from '@tailrace/role/extensions.ts';
import { installedNormaliser } from '@tailrace/role/installed-normaliser.ts';
import type { HttpRoleDeps, Readiness, RunningRole } from '@tailrace/role/role.ts';
import type { Replay } from '@tailrace/schemas/generated/replay.ts';
import { openTable, type Table } from '@tailrace/stream/reading/table.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { AlertStore } from './alerts/alert-store.ts';
import { registerApi } from './api.ts';
import type { ApiConfig } from './config.ts';
import { rotateCredentials } from './connections/rotate-credentials.ts';
import { openLetterMarks } from './dead-letters/letter-marks.ts';
import { openNotificationLog } from './notifications/notification-log.ts';
import { openProjectTable } from './resources/project-table.ts';
import { tableWriter } from './resources/table-writer.ts';
import { openShares } from './shares.ts';
import { openLogDatabase } from './stream/log-database.ts';
import { serveWebPage } from './web-page.ts';

/** A search runs several statements; one of them alone must not use up its time. */
const statementsPerSearch = 3;
/** Where the web page is built to; a file's place, since apps import no apps. */
const builtPage = join(import.meta.dirname, '..', 'web', 'dist');

/** The role that people and programs talk to: connections, stored logs, tickets for the live view. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the parts of the role in the order in which they open; each needs those before it.
export async function start(config: ApiConfig, deps: HttpRoleDeps): Promise<RunningRole> {
  const { kafka, http, metrics, extensions } = deps;
  const logger = deps.logger.child({ role: 'api' });
  const keys = openKeyRing(config.credentialEncryptionKey);
  const authentication = { verifyToken: createTokenVerifier(config), sessions: createSessionVerifier(config) };
  const sessions = createSessionOpener(config);
  const signTicket = createTicketSigner(config);
  const connections = openProjectTable(kafka, topics.connections, logger);
  const rules = openProjectTable(kafka, topics.alertRules, logger);
  const replays = openReplayTable({ kafka, logger });
  const statuses = openTable({ kafka, topic: topics.connectionStatus, logger });
  const letterMarks = openLetterMarks(kafka, logger);
  const writer = tableWriter({
    kafka,
    topic: topics.connections,
    table: connections.table,
    timeoutMs: config.connectionChangeTimeoutMs,
    headers: ({ project_id, id }) => ({ project: project_id, connection: id }),
    logger,
  });
  const ruleWriter = tableWriter({
    kafka,
    topic: topics.alertRules,
    table: rules.table,
    timeoutMs: config.connectionChangeTimeoutMs,
    headers: ({ project_id }) => ({ project: project_id }),
    logger,
  });
  const replayWriter = tableWriter<Replay>({
    kafka,
    topic: topics.replays,
    table: replays.table,
    timeoutMs: config.connectionChangeTimeoutMs,
    headers: ({ request }) => ({ project: request?.project_id ?? '' }),
    logger,
  });
  const channels = openProjectTable(kafka, topics.notificationChannels, logger);
  const channelWriter = tableWriter({
    kafka,
    topic: topics.notificationChannels,
    table: channels.table,
    timeoutMs: config.connectionChangeTimeoutMs,
    headers: ({ project_id }) => ({ project: project_id }),
    logger,
  });
  const notifications = openNotificationLog(kafka, logger);
  const outgoing = openOutgoing({
    allowlist: config.notificationEndpointAllowlist,
    timeoutMs: config.notificationTimeoutMs,
  });
  const refused = refusedWork(metrics);
  const shares = openShares({
    databaseConnections: config.apiDatabaseConnections,
    searchTimeoutMs: config.searchTimeoutMs,
    backtestsAtOnce: config.backtestsAtOnce,
    onRefused: (work) => refused.inc({ work }),
  });
  const threadsLost = metrics.counter({
    name: 'tailrace_search_threads_lost_total',
    help: 'Times that the thread which searches stored lines ended by a failure. What ran in it was answered with 503.',
  });
  const database = openLogDatabase({
    url: (config.databaseReadUrl ?? config.databaseUrl).reveal(),
    maxConnections: config.apiDatabaseConnections,
    statementTimeoutMs: Math.ceil(config.searchTimeoutMs / statementsPerSearch),
    queue: shares.searches,
    logger,
    onThreadLost: () => threadsLost.inc(),
  });
  const alerts = new AlertStore({ kafka, database });
  registerApi(http, {
    config,
    kafka,
    authentication,
    sessions,
    signTicket,
    connections,
    writer,
    rules,
    ruleWriter,
    ruleKinds: extended(ruleKinds, extensions?.ruleKinds, ({ type }) => type),
    channels,
    channelWriter,
    channelKinds: extended(channelKinds, extensions?.channelKinds, ({ type }) => type),
    normalise: installedNormaliser(extensions),
    outgoing,
    notifications,
    alerts,
    replays,
    replayWriter,
    statuses,
    connectors: extendedConnectors(connectors, extensions),
    keys,
    database,
    shares,
    letterMarks,
    logger,
  });

  const hasPage = await serveWebPage(http, config.webDirectory ?? builtPage);
  if (!hasPage) logger.warn({ directory: config.webDirectory ?? builtPage }, 'there is no web page to serve');

  const stopping = new AbortController();
  const rotate = async (): Promise<void> => {
    await Promise.all([connections.table.caughtUp, channels.table.caughtUp]);
    const results = [
      await rotateCredentials(valuesOf(connections.table), writer, keys, stopping.signal),
      await rotateCredentials(valuesOf(channels.table), channelWriter, keys, stopping.signal),
    ];
    const resealed = results.reduce((sum, each) => sum + each.resealed, 0);
    const failed = results.flatMap((each) => each.failed);
    if (resealed > 0) logger.info({ resealed }, 'sealed credentials with the newest key');
    if (failed.length > 0) logger.error({ failed }, 'some credentials cannot be sealed with the newest key');
  };
  const rotating = rotate().catch((err: unknown) => {
    if (!stopping.signal.aborted) logger.error({ err }, 'credentials were not checked for rotation');
  });

  const readiness = (): Readiness => {
    if (!connections.table.isCaughtUp || !statuses.isCaughtUp) return { ready: false, reason: 'reading connections' };
    if (!replays.table.isCaughtUp) return { ready: false, reason: 'reading replays' };
    if (!letterMarks.table.isCaughtUp) return { ready: false, reason: 'reading what was replayed' };
    if (!rules.table.isCaughtUp) return { ready: false, reason: 'reading alert rules' };
    if (!channels.table.isCaughtUp || !notifications.table.isCaughtUp) {
      return { ready: false, reason: 'reading channels and notifications' };
    }
    return database.trouble === undefined ? { ready: true } : { ready: false, reason: database.trouble };
  };
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    stopping.abort();
    await Promise.all([
      connections.table.close(),
      rules.table.close(),
      replays.table.close(),
      channels.table.close(),
      notifications.close(),
      statuses.close(),
      letterMarks.table.close(),
      alerts.close(),
      database.close(),
    ]);
    await rotating;
  };
  return {
    name: 'api',
    readiness,
    lacking: () => database.trouble,
    // Unreachable Kafka and PostgreSQL are waited for; nothing here ends by itself.
    failed: new Promise<never>(() => undefined),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

function valuesOf<Value>(table: Table<Value>): readonly Value[] {
  return [...table.entries()].map(([, value]) => value);
}
