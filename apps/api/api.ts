import type { RuleKinds } from '@tailrace/alert-rules/rule-kind.ts';
import type { Connector } from '@tailrace/connector/configure.ts';
import type { KeyRing } from '@tailrace/credentials/key-ring.ts';
import { requireToken } from '@tailrace/http/authentication.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import type { TicketSigner } from '@tailrace/http/tickets.ts';
import type { TokenVerifier } from '@tailrace/http/tokens.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import type { Table } from '@tailrace/stream/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { alertRuleRoutes } from './alert-rules/alert-rule-routes.ts';
import { AlertRuleService, type NamedChannel } from './alert-rules/alert-rule-service.ts';
import { alertRoutes } from './alerts/alert-routes.ts';
import type { AlertStore } from './alerts/alert-store.ts';
import { backtestRoutes } from './backtest/backtest-routes.ts';
import { BacktestService } from './backtest/backtest-service.ts';
import type { ApiConfig } from './config.ts';
import { connectionRoutes } from './connections/connection-routes.ts';
import { ConnectionService } from './connections/connection-service.ts';
import { connectorRoutes } from './connections/connector-routes.ts';
import { controlRoutes } from './connections/control-routes.ts';
import { endpointAllowlist } from './connections/endpoint-allowlist.ts';
import { rotationRoutes } from './connections/rotation-routes.ts';
import type { ProjectTable } from './project-table.ts';
import type { LogDatabase } from './stream/log-database.ts';
import { streamRoutes } from './stream/stream-routes.ts';
import type { TableWriter } from './table-writer.ts';
import { ticketRoutes } from './ticket-routes.ts';

/** What the routes work with. */
export interface ApiParts {
  readonly config: Pick<
    ApiConfig,
    | 'alertRulesPerProject'
    | 'backtestsAtOnce'
    | 'backtestTimeoutMs'
    | 'cloudEndpointAllowlist'
    | 'cloudHostCredentials'
    | 'connectionsPerProject'
    | 'connectionTestTimeoutMs'
    | 'searchMaxRangeDays'
    | 'searchTimeoutMs'
  >;
  readonly kafka: Kafka;
  readonly verifyToken: TokenVerifier;
  readonly signTicket: TicketSigner;
  readonly connections: ProjectTable<Connection>;
  readonly writer: TableWriter<Connection>;
  readonly rules: ProjectTable<AlertRule>;
  readonly ruleWriter: TableWriter<AlertRule>;
  readonly ruleKinds: RuleKinds;
  /** Channels that rules of a project may name. */
  readonly channelsOf: (projectId: string) => readonly NamedChannel[];
  readonly alerts: AlertStore;
  readonly statuses: Table<ConnectionStatus>;
  readonly connectors: ReadonlyMap<Provider, Connector>;
  readonly keys: KeyRing;
  readonly database: LogDatabase;
  readonly logger: Logger;
}

/** As the alerting role has them unless it is told otherwise. */
const backtestLimits = { latenessMs: 3_600_000, maxGroups: 1000, maxAlerts: 1000 };

/** Registers every route of the API under its prefix, each behind a token. */
export function registerApi(http: HttpServer, parts: ApiParts): void {
  const { config, connections, connectors, writer, keys, statuses, logger } = parts;
  const service = new ConnectionService({
    connections,
    writer,
    connectors,
    keys,
    policy: {
      allowlist: endpointAllowlist(config.cloudEndpointAllowlist),
      hostCredentials: config.cloudHostCredentials,
    },
    maxPerProject: config.connectionsPerProject,
  });
  const rules = new AlertRuleService({
    rules: parts.rules,
    writer: parts.ruleWriter,
    kinds: parts.ruleKinds,
    channelsOf: parts.channelsOf,
    maxPerProject: config.alertRulesPerProject,
  });
  const backtests = new BacktestService({
    kafka: parts.kafka,
    kinds: parts.ruleKinds,
    rules: parts.rules,
    connections,
    limits: backtestLimits,
    maxRunning: config.backtestsAtOnce,
    timeoutMs: config.backtestTimeoutMs,
  });
  http.register(
    async (scope) => {
      requireToken(scope, parts.verifyToken);
      streamRoutes(scope, {
        database: parts.database,
        searchTimeoutMs: config.searchTimeoutMs,
        maxRangeDays: config.searchMaxRangeDays,
      });
      alertRoutes(scope, {
        store: parts.alerts,
        database: parts.database,
        maxRangeDays: config.searchMaxRangeDays,
      });
      ticketRoutes(scope, parts.signTicket);
      connectorRoutes(scope, connectors);
      await scope.register(async (inner) => {
        refuseUntilRead(inner, connections.table, 'connections');
        connectionRoutes(inner, { service, statuses });
        controlRoutes(inner, { service, testTimeoutMs: config.connectionTestTimeoutMs, logger });
        rotationRoutes(inner, { connections, writer, keys });
      });
      await scope.register(async (inner) => {
        refuseUntilRead(inner, parts.rules.table, 'alert rules');
        alertRuleRoutes(inner, rules);
        refuseUntilRead(inner, connections.table, 'connections');
        backtestRoutes(inner, { service: backtests, maxRangeDays: config.searchMaxRangeDays, logger });
      });
    },
    { prefix: '/api/v1/live-logs' },
  );
}

/** A table that is still being read would answer 404 for what exists. */
function refuseUntilRead(scope: HttpServer, table: { readonly isCaughtUp: boolean }, what: string): void {
  scope.addHook('preHandler', async () => {
    if (!table.isCaughtUp)
      throw new Problem(503, { detail: `The ${what} are still being read.`, retryAfterSeconds: 1 });
  });
}
