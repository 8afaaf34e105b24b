import type { RuleKinds } from '@tailrace/alert-rules/rule-kind.ts';
import type { Outgoing } from '@tailrace/channels/outgoing/outgoing.ts';
import type { ChannelKinds } from '@tailrace/channels/registry.ts';
import type { KeyRing } from '@tailrace/credentials/key-ring.ts';
import { type Authentication, requireToken } from '@tailrace/http/access/authentication.ts';
import type { SessionOpener } from '@tailrace/http/access/sessions.ts';
import type { TicketSigner } from '@tailrace/http/access/tickets.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import type { Connector } from '@tailrace/ingestion/contract/configure.ts';
import { endpointAllowlist } from '@tailrace/ingestion/contract/endpoint-allowlist.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { idPrefixes } from '@tailrace/log-record/id-prefixes.ts';
import type { Normalise } from '@tailrace/normalise/normalise.ts';
import type { ReplayTable } from '@tailrace/replays/replay-table.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { NotificationChannel } from '@tailrace/schemas/generated/notification-channel.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import type { Replay } from '@tailrace/schemas/generated/replay.ts';
import type { Table } from '@tailrace/stream/reading/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { alertRuleRoutes } from './alert-rules/alert-rule-routes.ts';
import { AlertRuleService } from './alert-rules/alert-rule-service.ts';
import { alertTypeRoutes } from './alert-rules/alert-type-routes.ts';
import { alertRoutes } from './alerts/alert-routes.ts';
import type { AlertStore } from './alerts/alert-store.ts';
import { backtestRoutes } from './backtest/backtest-routes.ts';
import { BacktestService } from './backtest/backtest-service.ts';
import { channelRoutes } from './channels/channel-routes.ts';
import { ChannelService } from './channels/channel-service.ts';
import { channelTestRoutes } from './channels/channel-test-routes.ts';
import { channelTypeRoutes } from './channels/channel-type-routes.ts';
import type { ApiConfig } from './config.ts';
import { connectionRoutes } from './connections/connection-routes.ts';
import { ConnectionService } from './connections/connection-service.ts';
import { connectorRoutes } from './connections/connector-routes.ts';
import { controlRoutes } from './connections/control-routes.ts';
import { LastEventsReader } from './connections/last-events.ts';
import { parsingPreviewRoutes } from './connections/parsing-preview-routes.ts';
import { parsingRoutes } from './connections/parsing-routes.ts';
import { rewindRoutes } from './connections/rewind-routes.ts';
import { rotationRoutes } from './connections/rotation-routes.ts';
import { deadLetterRoutes } from './dead-letters/dead-letter-routes.ts';
import type { LetterMarks } from './dead-letters/letter-marks.ts';
import { LetterReplayer } from './dead-letters/letter-replayer.ts';
import type { NotificationLog } from './notifications/notification-log.ts';
import { notificationRoutes } from './notifications/notification-routes.ts';
import { replayRoutes } from './replays/replay-routes.ts';
import { ReplayService } from './replays/replay-service.ts';
import { ProjectResources } from './resources/project-resources.ts';
import type { ProjectTable } from './resources/project-table.ts';
import { SecretKeeper } from './resources/secret-config.ts';
import type { TableWriter } from './resources/table-writer.ts';
import { sessionRoutes, signOutRoute } from './session-routes.ts';
import type { Shares } from './shares.ts';
import { aggregateRoutes } from './stream/aggregate-routes.ts';
import { fieldRoutes } from './stream/field-routes.ts';
import type { LogDatabase } from './stream/log-database.ts';
import { rawRoutes } from './stream/raw-routes.ts';
import { streamRoutes } from './stream/stream-routes.ts';
import { ticketRoutes } from './ticket-routes.ts';

/** What the routes work with. */
export interface ApiParts {
  readonly config: Pick<
    ApiConfig,
    | 'alertingLatenessMs'
    | 'alertingMaxGroups'
    | 'alertRulesPerProject'
    | 'backtestTimeoutMs'
    | 'cloudEndpointAllowlist'
    | 'cloudHostCredentials'
    | 'connectionsPerProject'
    | 'connectionTestTimeoutMs'
    | 'rewindMaxDays'
    | 'connectionChangeTimeoutMs'
    | 'channelsPerProject'
    | 'notificationTimeoutMs'
    | 'notificationDeadlineMs'
    | 'publicUrl'
    | 'searchMaxRangeDays'
    | 'searchTimeoutMs'
  >;
  readonly authentication: Authentication;
  readonly sessions: SessionOpener;
  readonly signTicket: TicketSigner;
  readonly connections: ProjectTable<Connection>;
  readonly writer: TableWriter<Connection>;
  readonly rules: ProjectTable<AlertRule>;
  readonly ruleWriter: TableWriter<AlertRule>;
  readonly ruleKinds: RuleKinds;
  readonly channels: ProjectTable<NotificationChannel>;
  readonly channelWriter: TableWriter<NotificationChannel>;
  readonly channelKinds: ChannelKinds;
  readonly normalise: Normalise;
  readonly outgoing: Outgoing;
  readonly notifications: NotificationLog;
  readonly alerts: AlertStore;
  readonly replays: ReplayTable;
  readonly replayWriter: TableWriter<Replay>;
  readonly statuses: Table<ConnectionStatus>;
  readonly connectors: ReadonlyMap<Provider, Connector>;
  readonly keys: KeyRing;
  readonly database: LogDatabase;
  /** Who may do what takes long, and when. */
  readonly shares: Shares;
  readonly kafka: Kafka;
  readonly letterMarks: LetterMarks;
  readonly logger: Logger;
}

const prefix = '/api/v1/live-logs';

/** Alerts that a backtest's answer shows whole. */
const listedAlerts = 1000;

/** Registers every route of the API under its prefix, each behind a token. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the resources in the order in which they are registered, a line or two each.
export function registerApi(http: HttpServer, parts: ApiParts): void {
  const { config, connections, connectors, writer, keys, statuses, kafka, letterMarks, shares, logger } = parts;
  const secrets = new SecretKeeper(keys);
  const service = new ConnectionService({
    connections: new ProjectResources({
      table: connections,
      writer,
      idPrefix: idPrefixes.connection,
      plural: 'connections',
      maxPerProject: config.connectionsPerProject,
    }),
    connectors,
    secrets,
    policy: {
      allowlist: endpointAllowlist(config.cloudEndpointAllowlist),
      hostCredentials: config.cloudHostCredentials,
    },
  });
  const { channels, channelWriter, channelKinds: kinds, outgoing, notifications } = parts;
  const channelService = new ChannelService({
    channels: new ProjectResources({
      table: channels,
      writer: channelWriter,
      idPrefix: idPrefixes.channel,
      plural: 'channels',
      maxPerProject: config.channelsPerProject,
    }),
    kinds,
    secrets,
    policy: outgoing.policy,
    rules: parts.rules,
  });
  const rules = new AlertRuleService({
    rules: new ProjectResources({
      table: parts.rules,
      writer: parts.ruleWriter,
      idPrefix: idPrefixes.rule,
      plural: 'alert rules',
      maxPerProject: config.alertRulesPerProject,
    }),
    kinds: parts.ruleKinds,
    channelsOf: channels.ofProject,
  });
  const backtests = new BacktestService({
    kafka,
    kinds: parts.ruleKinds,
    rules: parts.rules,
    connections,
    limits: {
      latenessMs: config.alertingLatenessMs,
      maxGroups: config.alertingMaxGroups,
      maxAlerts: listedAlerts,
    },
    queue: shares.backtests,
    timeoutMs: config.backtestTimeoutMs,
  });
  const replays = new ReplayService({
    kafka,
    replays: parts.replays,
    writer: parts.replayWriter,
    connections,
  });
  const lastEvents = new LastEventsReader({
    kafka,
    database: parts.database,
    readings: shares.readings,
    timeoutMs: config.searchTimeoutMs,
  });
  http.register(async (scope) => signOutRoute(scope, parts.sessions), { prefix });
  http.register(
    async (scope) => {
      requireToken(scope, parts.authentication);
      sessionRoutes(scope, parts.sessions);
      const stored = {
        database: parts.database,
        searchTimeoutMs: config.searchTimeoutMs,
        maxRangeDays: config.searchMaxRangeDays,
      };
      streamRoutes(scope, stored);
      aggregateRoutes(scope, stored);
      fieldRoutes(scope, stored);
      rawRoutes(scope, { kafka, queue: shares.readings, timeoutMs: config.searchTimeoutMs });
      alertRoutes(scope, {
        store: parts.alerts,
        database: parts.database,
        maxRangeDays: config.searchMaxRangeDays,
      });
      ticketRoutes(scope, parts.signTicket);
      connectorRoutes(scope, connectors);
      await scope.register(async (inner) => {
        refuseUntilRead(inner, letterMarks.table, 'replays of dead letters');
        deadLetterRoutes(inner, {
          kafka,
          marks: letterMarks,
          replayer: new LetterReplayer(kafka, letterMarks, parts.normalise),
          shares,
          searchTimeoutMs: config.searchTimeoutMs,
          maxRangeDays: config.searchMaxRangeDays,
        });
      });
      await scope.register(async (inner) => {
        refuseUntilRead(inner, connections.table, 'connections');
        refuseUntilRead(inner, channels.table, 'channels');
        connectionRoutes(inner, { service, statuses });
        controlRoutes(inner, { service, trials: shares.trials, testTimeoutMs: config.connectionTestTimeoutMs, logger });
        parsingRoutes(inner, { service, database: parts.database, searchTimeoutMs: config.searchTimeoutMs });
        rewindRoutes(inner, { service, maxDays: config.rewindMaxDays });
        parsingPreviewRoutes(inner, { service, lastEvents, readings: shares.readings, normalise: parts.normalise });
        rotationRoutes(inner, { connections, writer, channels, channelWriter, keys });
      });
      await scope.register(async (inner) => {
        refuseUntilRead(inner, parts.rules.table, 'alert rules');
        refuseUntilRead(inner, channels.table, 'channels');
        alertRuleRoutes(inner, rules);
        channelRoutes(inner, channelService);
        channelTestRoutes(inner, {
          service: channelService,
          delivery: { kinds, keys, outgoing },
          trials: shares.trials,
          timeoutMs: config.notificationTimeoutMs,
          publicUrl: config.publicUrl?.replace(/\/+$/, ''),
        });
      });
      await scope.register(async (inner) => {
        refuseUntilRead(inner, parts.rules.table, 'alert rules');
        refuseUntilRead(inner, connections.table, 'connections');
        backtestRoutes(inner, { service: backtests, maxRangeDays: config.searchMaxRangeDays, logger });
      });
      alertTypeRoutes(scope, parts.ruleKinds);
      channelTypeRoutes(scope, kinds);
      await scope.register(async (inner) => {
        refuseUntilRead(inner, notifications.table, 'notifications');
        notificationRoutes(inner, {
          notifications,
          alerts: parts.alerts,
          channels,
          deadlineMs: config.notificationDeadlineMs,
          timeoutMs: config.connectionChangeTimeoutMs,
        });
      });
      await scope.register(async (inner) => {
        refuseUntilRead(inner, parts.replays.table, 'replays');
        refuseUntilRead(inner, connections.table, 'connections');
        replayRoutes(inner, replays, shares.readings);
      });
    },
    { prefix },
  );
}

/** A table that is still being read would answer 404 for what exists. */
function refuseUntilRead(scope: HttpServer, table: { readonly isCaughtUp: boolean }, what: string): void {
  scope.addHook('preHandler', async () => {
    if (!table.isCaughtUp)
      throw new Problem(503, { detail: `The ${what} are still being read.`, retryAfterSeconds: 1 });
  });
}
