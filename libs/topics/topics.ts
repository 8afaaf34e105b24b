import { type Alert, alertCodec } from '@tailrace/schemas/generated/alert.ts';
import { type AlertPartial, alertPartialCodec } from '@tailrace/schemas/generated/alert-partial.ts';
import { type AlertRule, alertRuleCodec } from '@tailrace/schemas/generated/alert-rule.ts';
import { type AlertState, alertStateCodec } from '@tailrace/schemas/generated/alert-state.ts';
import { type Checkpoint, checkpointCodec } from '@tailrace/schemas/generated/checkpoint.ts';
import { type Connection, connectionCodec } from '@tailrace/schemas/generated/connection.ts';
import { type ConnectionStatus, connectionStatusCodec } from '@tailrace/schemas/generated/connection-status.ts';
import { type ConsumerPosition, consumerPositionCodec } from '@tailrace/schemas/generated/consumer-position.ts';
import { type DeadLetter, deadLetterCodec } from '@tailrace/schemas/generated/dead-letter.ts';
import { type DeadLetterReplay, deadLetterReplayCodec } from '@tailrace/schemas/generated/dead-letter-replay.ts';
import { type LogRecord, logRecordCodec } from '@tailrace/schemas/generated/log-record.ts';
import { type Notification, notificationCodec } from '@tailrace/schemas/generated/notification.ts';
import {
  type NotificationChannel,
  notificationChannelCodec,
} from '@tailrace/schemas/generated/notification-channel.ts';
import { type Provider, providerSymbols } from '@tailrace/schemas/generated/provider.ts';
import { type RawEvent, rawEventCodec } from '@tailrace/schemas/generated/raw-event.ts';
import { type Replay, replayCodec } from '@tailrace/schemas/generated/replay.ts';
import type { TopicSpec } from './topic-spec.ts';

const hour = 60 * 60 * 1000;
const day = 24 * hour;

/**
 * Partitions of the three tables keyed by connection id. They are co-partitioned: the owner of partition n of
 * `connections` finds its checkpoints and statuses in partition n of theirs.
 */
const connectionPartitions = 12;
const streamPartitions = 6;

/** Largest record any topic takes, bytes. One cloud event is at most 1 MB, and its JSON envelope may double it. */
const maxMessageBytes = String(4 * 1024 * 1024);

function stream<Value>(name: string, codec: TopicSpec<Value>['codec'], retentionMs: number): TopicSpec<Value> {
  return {
    name,
    kind: 'stream',
    partitions: streamPartitions,
    codec,
    config: { 'cleanup.policy': 'delete', 'retention.ms': String(retentionMs), 'max.message.bytes': maxMessageBytes },
  };
}

function table<Value>(
  name: string,
  codec: TopicSpec<Value>['codec'],
  config: TopicSpec['config'] = {},
  partitions = connectionPartitions,
): TopicSpec<Value> {
  return {
    name,
    kind: 'table',
    partitions,
    codec,
    config: {
      'cleanup.policy': 'compact',
      'max.message.bytes': maxMessageBytes,
      'min.cleanable.dirty.ratio': '0.1',
      ...config,
    },
  };
}

/** For tables most of whose keys are deleted soon: the next owner of a partition reads what cleaning has left. */
const shortLived = {
  'segment.bytes': String(16 * 1024 * 1024),
  'segment.ms': String(hour),
  'delete.retention.ms': String(hour),
};

/** The provider's events as they came. Key: connection id. Their retention is how far back a replay reaches. */
export const rawTopics = Object.fromEntries(
  providerSymbols.map((provider) => [provider, stream<RawEvent>(`logs.raw.${provider}`, rawEventCodec, 7 * day)]),
) as Readonly<Record<Provider, TopicSpec<RawEvent>>>;

/** Those same, as `topics` names them: `rawAws`. */
const namedRawTopics = Object.fromEntries(
  providerSymbols.map((provider) => [
    `raw${provider.charAt(0).toUpperCase()}${provider.slice(1)}`,
    rawTopics[provider],
  ]),
) as { readonly [Each in Provider as `raw${Capitalize<Each>}`]: TopicSpec<RawEvent> };

/** Every topic of Tailrace. */
export const topics = {
  /** Desired configuration of each source. Key: connection id. */
  connections: table<Connection>('connections', connectionCodec),
  /**
   * What each source has given. Keys begin with the connection id, whose partition they are in. Every transaction adds
   * a key that is deleted minutes later, so segments are small and old ones are cleaned soon: a process that takes a partition
   * over reads all of it.
   */
  checkpoints: table<Checkpoint>('checkpoints', checkpointCodec, shortLived),
  /** How each connection does. Key: connection id. */
  connectionStatus: table<ConnectionStatus>('connection-status', connectionStatusCodec),
  ...namedRawTopics,
  /** Canonical records of live data. Key: connection id. */
  logs: stream<LogRecord>('logs', logRecordCodec, 3 * day),
  /** Canonical records of replays and rewinds; only the sink reads them. Key: connection id. */
  logsReplayed: stream<LogRecord>('logs.replayed', logRecordCodec, 3 * day),
  /** When people want to be notified. Key: rule id. */
  alertRules: table<AlertRule>('alert-rules', alertRuleCodec),
  /** What rules counted, transaction by transaction, and how far it is complete. Key: rule id. */
  alertPartials: stream<AlertPartial>('alert-partials', alertPartialCodec, day),
  /** Windows, cooldowns and open alerts: changelog of the evaluation of each partition of `alert-partials`. */
  alertState: table<AlertState>('alert-state', alertStateCodec, shortLived, streamPartitions),
  /** What happened to alerts, each with the whole alert. Key: rule id. */
  alerts: stream<Alert>('alerts', alertCodec, 30 * day),
  /**
   * What is normalised again, and how far it has come. Keys begin with the replay id; a project's are in one partition.
   * Every transaction of a replay adds a value of its progress: see checkpoints.
   */
  replays: table<Replay>('replays', replayCodec, shortLived),
  /** Where alerts are sent. Key: channel id. */
  notificationChannels: table<NotificationChannel>('notification-channels', notificationChannelCodec),
  /**
   * What is sent where, and how that went: outbox and delivery log. Key: alert id/channel id/transition, in the partition
   * of the channel, so that one task owns a channel. An hour passes before an older value of a key may be cleaned away:
   * a sender that is back by then still sees that a transition that is written again had been sent.
   */
  notifications: table<Notification>('notifications', notificationCodec, {
    'cleanup.policy': 'compact,delete',
    'retention.ms': String(30 * day),
    'min.compaction.lag.ms': String(hour),
    'segment.ms': String(day),
  }),
  /** What could not be read. Key: source topic/partition. */
  dead: stream<DeadLetter>('logs.dead', deadLetterCodec, 30 * day),
  /** How far consumer groups have processed their inputs. Key: group/topic/partition. Every transaction adds a value. */
  positions: table<ConsumerPosition>('positions', consumerPositionCodec, shortLived, streamPartitions),
  /** Which dead letters were put back. Key: replay id/number. Needed for as long as there are the letters. */
  deadLetterReplays: table<DeadLetterReplay>('dead-letter-replays', deadLetterReplayCodec, {
    'cleanup.policy': 'compact,delete',
    'retention.ms': String(32 * day),
  }),
} as const satisfies Record<string, TopicSpec>;

/** The raw topic of that name; undefined for any other topic. */
export function rawTopicNamed(name: string): TopicSpec<RawEvent> | undefined {
  return Object.values(rawTopics).find((each) => each.name === name);
}
