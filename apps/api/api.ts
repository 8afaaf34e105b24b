import type { Outgoing } from '@tailrace/channels/outgoing/outgoing.ts';
import type { ChannelKinds } from '@tailrace/channels/registry.ts';
import type { Connector } from '@tailrace/connector/configure.ts';
import type { KeyRing } from '@tailrace/credentials/key-ring.ts';
import { requireToken } from '@tailrace/http/authentication.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import type { TicketSigner } from '@tailrace/http/tickets.ts';
import type { TokenVerifier } from '@tailrace/http/tokens.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { NotificationChannel } from '@tailrace/schemas/generated/notification-channel.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import type { Table } from '@tailrace/stream/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { channelRoutes } from './channels/channel-routes.ts';
import { ChannelService } from './channels/channel-service.ts';
import type { ChannelTable } from './channels/channel-table.ts';
import { channelTestRoutes } from './channels/channel-test-routes.ts';
import { channelTypeRoutes } from './channels/channel-type-routes.ts';
import type { ApiConfig } from './config.ts';
import { connectionRoutes } from './connections/connection-routes.ts';
import { ConnectionService } from './connections/connection-service.ts';
import type { ConnectionTable } from './connections/connection-table.ts';
import { connectorRoutes } from './connections/connector-routes.ts';
import { controlRoutes } from './connections/control-routes.ts';
import { endpointAllowlist } from './connections/endpoint-allowlist.ts';
import { rotationRoutes } from './connections/rotation-routes.ts';
import type { NotificationLog } from './notifications/notification-log.ts';
import { notificationRoutes } from './notifications/notification-routes.ts';
import type { LogDatabase } from './stream/log-database.ts';
import { streamRoutes } from './stream/stream-routes.ts';
import type { TableWriter } from './table-writer.ts';
import { ticketRoutes } from './ticket-routes.ts';

/** What the routes work with. */
export interface ApiParts {
  readonly config: Pick<
    ApiConfig,
    | 'cloudEndpointAllowlist'
    | 'cloudHostCredentials'
    | 'connectionsPerProject'
    | 'connectionTestTimeoutMs'
    | 'connectionChangeTimeoutMs'
    | 'channelsPerProject'
    | 'notificationTimeoutMs'
    | 'notificationDeadlineMs'
    | 'publicUrl'
    | 'searchMaxRangeDays'
    | 'searchTimeoutMs'
  >;
  readonly verifyToken: TokenVerifier;
  readonly signTicket: TicketSigner;
  readonly connections: ConnectionTable;
  readonly writer: TableWriter<Connection>;
  readonly statuses: Table<ConnectionStatus>;
  readonly connectors: ReadonlyMap<Provider, Connector>;
  readonly channels: ChannelTable;
  readonly channelWriter: TableWriter<NotificationChannel>;
  readonly channelKinds: ChannelKinds;
  readonly outgoing: Outgoing;
  readonly rules: Table<AlertRule>;
  readonly notifications: NotificationLog;
  readonly keys: KeyRing;
  readonly database: LogDatabase;
  readonly logger: Logger;
}

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
  const { channels, channelWriter, channelKinds: kinds, outgoing, rules, notifications } = parts;
  const channelService = new ChannelService({
    channels,
    writer: channelWriter,
    kinds,
    keys,
    policy: outgoing.policy,
    rules,
    maxPerProject: config.channelsPerProject,
  });
  http.register(
    async (scope) => {
      requireToken(scope, parts.verifyToken);
      streamRoutes(scope, {
        database: parts.database,
        searchTimeoutMs: config.searchTimeoutMs,
        maxRangeDays: config.searchMaxRangeDays,
      });
      ticketRoutes(scope, parts.signTicket);
      connectorRoutes(scope, connectors);
      await scope.register(async (inner) => {
        // A table that is still being read would answer 404 for what exists.
        inner.addHook('preHandler', async () => {
          if (!connections.table.isCaughtUp || !channels.table.isCaughtUp) {
            throw new Problem(503, { detail: 'The connections are still being read.', retryAfterSeconds: 1 });
          }
        });
        connectionRoutes(inner, { service, statuses });
        controlRoutes(inner, { service, testTimeoutMs: config.connectionTestTimeoutMs, logger });
        rotationRoutes(inner, { connections, writer, channels, channelWriter, keys });
      });
      channelTypeRoutes(scope, kinds);
      await scope.register(async (inner) => {
        inner.addHook('preHandler', async () => {
          if (channels.table.isCaughtUp && rules.isCaughtUp && notifications.table.isCaughtUp) return;
          throw new Problem(503, { detail: 'The channels are still being read.', retryAfterSeconds: 1 });
        });
        channelRoutes(inner, channelService);
        channelTestRoutes(inner, {
          service: channelService,
          delivery: { kinds, keys, outgoing },
          timeoutMs: config.notificationTimeoutMs,
          publicUrl: config.publicUrl?.replace(/\/+$/, ''),
        });
        notificationRoutes(inner, {
          notifications,
          channels,
          deadlineMs: config.notificationDeadlineMs,
          timeoutMs: config.connectionChangeTimeoutMs,
        });
      });
    },
    { prefix: '/api/v1/live-logs' },
  );
}
