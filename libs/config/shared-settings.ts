import { logLevels } from '@tailrace/telemetry/logger.ts';
import { z } from 'zod';
import { choice, flag, hostList, integer, proxyHops, secret, secretUrl, text, url } from './setting.ts';

/** Every process reads these; `runRoles` does. */
export const processSettings = z.object({
  logLevel: choice(
    'Minimum level logged. `debug` shows each poll and each transaction, never a secret.',
    logLevels,
  ).default('info'),
  port: integer('HTTP port: health, readiness, metrics, and the API where that role runs. 0 takes a free one.', {
    min: 0,
    max: 65535,
  }).default(8080),
  host: text('Address to listen on.').default('0.0.0.0'),
  shutdownTimeoutMs: integer('How long a stopping process may take to finish what is in flight.', {
    min: 100,
    max: 600_000,
    unit: 'ms',
  }).default(15_000),
});

export const kafkaSettings = z.object({
  kafkaBrokers: hostList('Kafka bootstrap brokers.').default(['127.0.0.1:9092']),
  kafkaClient: choice('Which Kafka client library is used.', ['platformatic', 'kafkajs']).default('platformatic'),
  kafkaCompression: choice('Compression of written records.', ['none', 'gzip', 'snappy', 'lz4', 'zstd']).default(
    'zstd',
  ),
  kafkaTls: flag('Speak TLS to the brokers. NODE_EXTRA_CA_CERTS names a private certificate authority.').default(false),
  kafkaSaslMechanism: choice('SASL mechanism; no login when unset.', [
    'PLAIN',
    'SCRAM-SHA-256',
    'SCRAM-SHA-512',
  ]).optional(),
  kafkaSaslUsername: text('SASL user name.').optional(),
  kafkaSaslPassword: secret('SASL password.').optional(),
  kafkaReplicationFactor: integer('Replicas of the topics that Tailrace creates.', { min: 1, max: 15 }).default(1),
  topicPrefix: text(
    'Prefix of every topic, consumer group and transactional id, so that several installations can share a cluster.',
    {
      pattern: /^[A-Za-z0-9._-]{0,60}$/,
      accepts: 'at most 60 letters, digits, dots, hyphens and underscores',
    },
  ).default(''),
  schemaRegistryUrl: secretUrl(
    'Confluent schema registry. When set, values are written in its wire format with subject `<topic>-value`.',
    ['http', 'https'],
  ).optional(),
});

export const databaseSettings = z.object({
  databaseUrl: secretUrl('PostgreSQL: where logs are stored.', ['postgres', 'postgresql']),
  databaseReadUrl: secretUrl('A read replica for searches. Default: DATABASE_URL.', [
    'postgres',
    'postgresql',
  ]).optional(),
});

/** Who may call. One of the two ways to check tokens must be set. */
export const tokenSettings = z.object({
  jwtSecret: secret('Secret of HS256 tokens.', { minBytes: 32 }).optional(),
  jwtJwksUrl: url(
    'Key set of the identity provider that signs tokens. Instead of JWT_SECRET. A withdrawn key is refused after a minute, or ten while the provider cannot be reached.',
    ['https', 'http'],
  ).optional(),
  jwtAudience: text(
    'Required `aud` claim. With JWT_JWKS_URL it must be set, since the provider signs tokens for other services too; `*` accepts any.',
  ).optional(),
  jwtIssuer: text('Required `iss` claim; not checked when unset.').optional(),
  ticketSecret: secret(
    'Signs one-use WebSocket tickets. Default: derived from JWT_SECRET; required with JWT_JWKS_URL.',
    { minBytes: 32 },
  ).optional(),
});

/** For `.superRefine` on settings that hold `tokenSettings`: one way to check tokens, and a secret for tickets. */
export function requireTokenKeys(
  settings: {
    readonly jwtSecret?: unknown;
    readonly jwtJwksUrl?: unknown;
    readonly ticketSecret?: unknown;
    readonly jwtAudience?: unknown;
  },
  context: z.RefinementCtx,
): void {
  const issue = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
  const { jwtSecret, jwtJwksUrl, ticketSecret, jwtAudience } = settings;
  if (jwtSecret === undefined && jwtJwksUrl === undefined) issue('jwtSecret', 'is required, or JWT_JWKS_URL instead');
  if (jwtSecret !== undefined && jwtJwksUrl !== undefined) issue('jwtSecret', 'must not be set beside JWT_JWKS_URL');
  if (jwtJwksUrl === undefined) return;
  if (ticketSecret === undefined) issue('ticketSecret', 'is required beside JWT_JWKS_URL');
  if (jwtAudience === undefined) {
    issue(
      'jwtAudience',
      'is required beside JWT_JWKS_URL: without it, tokens that the provider signs for other services pass here too (* accepts any)',
    );
  }
}

export const credentialSettings = z.object({
  credentialEncryptionKey: secret(
    'Seals cloud credentials: one or more 32-byte keys in url-safe base64, newest first, separated by commas.',
    {
      accepts: 'url-safe base64 of 32 bytes, separated by commas',
    },
  ),
});

export const endpointSettings = z.object({
  cloudEndpointAllowlist: hostList(
    'Hosts that a connection may name as its own cloud endpoint. None when empty.',
  ).default([]),
  cloudHostCredentials: flag(
    'Let connections without credentials of their own read the cloud with the identity of the machine ingest runs on.',
  ).default(false),
});

/** What calls the channels of notifications: the notifier, and the api for tests. */
export const notificationSettings = z.object({
  notificationEndpointAllowlist: hostList(
    'Hosts that a notification channel may call although they are not public, or without TLS. None when empty.',
  ).default([]),
  notificationTimeoutMs: integer('How long one message to a channel may take.', {
    min: 100,
    max: 120_000,
    unit: 'ms',
  }).default(10_000),
  notificationDeadlineMs: integer(
    'How long a notification is retried after its alert changed; then it is recorded as failed, and can be sent again.',
    { min: 1000, max: 7 * 24 * 60 * 60 * 1000, unit: 'ms' },
  ).default(6 * 60 * 60 * 1000),
  publicUrl: url('Address of the web page, for links in notifications; without it they hold none.', [
    'https',
    'http',
  ]).optional(),
});

/** What alerts there are depends on these: the alerting role decides by them, and the api's backtests as it does. */
export const evaluationSettings = z.object({
  alertingLatenessMs: integer(
    'How far behind the watermark of its connections, in event time, a line may come and still correct alerts.',
    { min: 60_000, max: 86_400_000, unit: 'ms' },
  ).default(3_600_000),
  alertingMaxGroups: integer(
    'Values of group_by that one rule tracks at a time; further ones are counted together as "(other groups)".',
    { min: 1, max: 100_000 },
  ).default(1000),
});

export const httpSettings = z.object({
  httpBodyLimitBytes: integer('Largest request body.', { min: 1024, max: 16 * 1024 * 1024, unit: 'bytes' }).default(
    256 * 1024,
  ),
  httpRateLimit: integer('Requests and WebSocket handshakes a minute from one address, in each process.', {
    min: 1,
    max: 1_000_000,
    unit: 'requests',
  }).default(1200),
  httpConnectionsPerAddress: integer(
    'Connections that one address may have open; behind a proxy, WebSockets of one client.',
    { min: 1, max: 100_000, unit: 'connections' },
  ).default(1000),
  httpUnreadAnswerBytes: integer(
    'Memory for large answers that callers have not read yet; a project gets half of it, a token a quarter.',
    { min: 1024 * 1024, max: 16 * 1024 * 1024 * 1024, unit: 'bytes' },
  ).default(128 * 1024 * 1024),
  trustProxy: proxyHops(
    "Number of your own proxies that a request passes. The caller's address is then taken from the end of X-Forwarded-For, to which each proxy adds one.",
  ).default(0),
  metricsAccess: choice(
    '`inside`: /metrics, and the reasons in /readyz, only for callers on this machine or a private network, through no proxy.',
    ['inside', 'anybody'],
  ).default('inside'),
});
