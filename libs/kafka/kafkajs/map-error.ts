import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import {
  AuthenticationFailedError,
  ConnectionLostError,
  FencedError,
  InvalidTimestampError,
  NotAuthorisedError,
  RecordTooLargeError,
  ReplicationFactorError,
  TlsFailedError,
  UnknownTopicError,
} from '../errors.ts';
import { answerType } from './broker-error.ts';

const fenced = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
]);

const tooLarge = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

const badCredentials = new Set(['SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM']);

/** What no retry mends, and what a person can do about it. */
const final: Readonly<Record<string, string>> = {
  UNSUPPORTED_VERSION: 'Use Apache Kafka 3.1 or later.',
  INVALID_SESSION_TIMEOUT: "Use a session time-out within the broker's group.min and group.max.session.timeout.ms.",
  INVALID_TRANSACTION_TIMEOUT: "Use a transaction time-out below the broker's transaction.max.timeout.ms.",
  INCONSISTENT_GROUP_PROTOCOL: 'Another kind of client uses this consumer group. Use a group of its own.',
  INVALID_GROUP_ID: 'Use a valid consumer group id.',
  INVALID_TOPIC_EXCEPTION: 'Use a valid topic name.',
  INVALID_CONFIG: "Correct the topic's settings.",
  POLICY_VIOLATION: "The cluster's policy refuses this topic.",
};

/** Answers that say "not now": the request was not carried out, and the same one may be sent again. */
const transient = new Set([
  'CONCURRENT_TRANSACTIONS',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'GROUP_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'NOT_COORDINATOR_FOR_GROUP',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'REPLICA_NOT_AVAILABLE',
  'OFFSET_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'NOT_ENOUGH_REPLICAS',
  'UNSTABLE_OFFSET_COMMIT',
  'NOT_CONTROLLER',
]);

/** Errors of kafkajs' network layer: nothing is known of what was asked. */
const connectionErrors = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSLockTimeout',
]);

/** Answers after which, as after a lost connection, nothing is known: the records may have been written. */
const unknownOutcome = new Set(['REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'NETWORK_EXCEPTION']);

export function isTransient(error: unknown): boolean {
  return transient.has(answerType(error) ?? '');
}

export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof ConnectionLostError) return true;
  return error instanceof Error && connectionErrors.has(error.name) && tlsProblem(error) === undefined;
}

/** Codes that Node gives what is wrong with a certificate or a handshake (https://nodejs.org/api/tls.html). */
const tlsCodes = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/;

function tlsProblem(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return tlsCodes.test(code) ? messageOf(error) : undefined;
}

export function isOutcomeUnknown(error: unknown): boolean {
  return isConnectionLoss(error) || unknownOutcome.has(answerType(error) ?? '');
}

/** Everything kafkajs and the broker may answer, as the seam names it. The only place that knows their names. */
export function mapError(error: unknown, doing: string): TailraceError {
  if (error instanceof TailraceError) return error;
  const message = `${doing}: ${messageOf(error)}`;
  const type = answerType(error);
  if (isConnectionLoss(error)) return new ConnectionLostError(message, error);
  const tls = tlsProblem(error);
  if (tls !== undefined) return new TlsFailedError(doing, tls, error);
  if (isRefused(error)) return new AuthenticationFailedError(doing, error);
  if (type === undefined) {
    return new TailraceError(message, { code: 'kafka.request_failed', remedy: 'reconnect', cause: error });
  }
  if (fenced.has(type)) return new FencedError(`${doing}: another owner took over (${type})`, error);
  if (tooLarge.has(type)) return new RecordTooLargeError(message, error);
  if (type === 'INVALID_REPLICATION_FACTOR') return new ReplicationFactorError(message, error);
  if (type === 'INVALID_TIMESTAMP') return new InvalidTimestampError(message, error);
  if (type.endsWith('_AUTHORIZATION_FAILED')) return new NotAuthorisedError(message, error);
  const help = final[type];
  return new TailraceError(message, {
    code: codeOf(type),
    remedy: help === undefined ? 'reconnect' : 'give-up',
    cause: error,
    ...(help !== undefined && { help }),
  });
}

function isRefused(error: unknown): boolean {
  const isSaslError = error instanceof Error && error.name === 'KafkaJSSASLAuthenticationError';
  return isSaslError || badCredentials.has(answerType(error) ?? '');
}

function codeOf(type: string): string {
  return `kafka.${type.toLowerCase()}`;
}

/** Runs a call and maps what it throws. `topic` is named when the broker does not know it. */
export async function mapped<Result>(doing: string, call: () => Promise<Result>, topic?: string): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (topic !== undefined && answerType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') throw new UnknownTopicError(topic);
    throw mapError(error, doing);
  }
}
