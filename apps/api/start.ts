import { ruleKinds } from '@tailrace/alert-rules/rule-kinds.ts';
import { connectors } from '@tailrace/connectors/registry.ts';
import { openKeyRing } from '@tailrace/credentials/key-ring.ts';
import { createTicketSigner } from '@tailrace/http/tickets.ts';
import { createTokenVerifier } from '@tailrace/http/tokens.ts';
import type { HttpRoleDeps, Readiness, RunningRole } from '@tailrace/role/role.ts';
import { openTable } from '@tailrace/stream/table.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { AlertStore } from './alerts/alert-store.ts';
import { registerApi } from './api.ts';
import type { ApiConfig } from './config.ts';
import { rotateCredentials } from './connections/rotate-credentials.ts';
import { openProjectTable } from './project-table.ts';
import { openLogDatabase } from './stream/log-database.ts';
import { tableWriter } from './table-writer.ts';

/** A search runs several statements; one of them alone must not use up its time. */
const statementsPerSearch = 3;

/** The role that people and programs talk to: connections, stored logs, tickets for the live view. */
export async function start(config: ApiConfig, deps: HttpRoleDeps): Promise<RunningRole> {
  const { kafka, http } = deps;
  const logger = deps.logger.child({ role: 'api' });
  const keys = openKeyRing(config.credentialEncryptionKey);
  const verifyToken = createTokenVerifier(config);
  const signTicket = createTicketSigner(config);
  const connections = openProjectTable(kafka, topics.connections, logger);
  const rules = openProjectTable(kafka, topics.alertRules, logger);
  const statuses = openTable({ kafka, topic: topics.connectionStatus, logger });
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
  const database = openLogDatabase({
    url: (config.databaseReadUrl ?? config.databaseUrl).reveal(),
    maxConnections: config.apiDatabaseConnections,
    statementTimeoutMs: Math.ceil(config.searchTimeoutMs / statementsPerSearch),
    logger,
  });
  const alerts = new AlertStore({ kafka, database });
  registerApi(http, {
    config,
    kafka,
    verifyToken,
    signTicket,
    connections,
    writer,
    rules,
    ruleWriter,
    ruleKinds,
    channelsOf: () => [],
    alerts,
    statuses,
    connectors,
    keys,
    database,
    logger,
  });

  const stopping = new AbortController();
  const rotate = async (): Promise<void> => {
    await connections.table.caughtUp;
    const all = [...connections.table.entries()].map(([, connection]) => connection);
    const { resealed, failed } = await rotateCredentials(all, writer, keys, stopping.signal);
    if (resealed > 0) logger.info({ resealed }, 'sealed credentials anew with the newest key');
    if (failed.length > 0) logger.error({ failed }, 'some credentials cannot be sealed anew');
  };
  const rotating = rotate().catch((err: unknown) => {
    if (!stopping.signal.aborted) logger.error({ err }, 'credentials were not checked for rotation');
  });

  const readiness = (): Readiness => {
    if (!connections.table.isCaughtUp || !statuses.isCaughtUp) return { ready: false, reason: 'reading connections' };
    if (!rules.table.isCaughtUp) return { ready: false, reason: 'reading alert rules' };
    return database.trouble === undefined ? { ready: true } : { ready: false, reason: database.trouble };
  };
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    stopping.abort();
    await Promise.all([
      connections.table.close(),
      rules.table.close(),
      statuses.close(),
      alerts.close(),
      database.close(),
    ]);
    await rotating;
  };
  return {
    name: 'api',
    readiness,
    // Kafka and PostgreSQL being away are waited for; nothing here ends by itself.
    failed: new Promise<never>(() => undefined),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
