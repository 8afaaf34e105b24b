import { protocolErrorsCodesById } from '@platformatic/kafka';
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

/** Broker errors by the names Kafka's protocol gives them (kafka.apache.org/protocol, "Error Codes"). */
export type BrokerErrorId = string;

/** One of the errors the package throws, or anything else: they nest, so all are looked through. */
function* causesOf(error: unknown, depth = 0): Generator<object> {
  if (typeof error !== 'object' || error === null || depth > 8) return;
  yield error;
  if ('errors' in error && Array.isArray(error.errors)) {
    for (const inner of error.errors) yield* causesOf(inner, depth + 1);
  }
  if ('cause' in error) yield* causesOf(error.cause, depth + 1);
}

/** The broker's answer, where there was one: all its error ids. Empty when no answer came. */
export function brokerErrors(error: unknown): ReadonlySet<BrokerErrorId> {
  const ids = new Set<BrokerErrorId>();
  for (const cause of causesOf(error)) {
    if ('apiId' in cause && typeof cause.apiId === 'string') ids.add(cause.apiId);
  }
  return ids;
}

/** A broker's refusal, for answers that this driver parses itself. */
export class BrokerRefusal extends Error {
  readonly apiId: BrokerErrorId;

  constructor(apiId: BrokerErrorId, what: string) {
    super(`${what}: the broker answered ${apiId}`);
    this.apiId = apiId;
  }

  static of(errorCode: number, what: string): BrokerRefusal {
    return new BrokerRefusal(protocolErrorsCodesById[errorCode] ?? `error ${errorCode}`, what);
  }
}

/** Who is asked has moved or is not ready; nothing was done, and asking again (elsewhere) is right. */
const movedOrNotReady: ReadonlySet<BrokerErrorId> = new Set([
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'NOT_CONTROLLER',
  'NOT_ENOUGH_REPLICAS',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'PREFERRED_LEADER_NOT_AVAILABLE',
  'THROTTLING_QUOTA_EXCEEDED',
  'CONCURRENT_TRANSACTIONS',
  'UNSTABLE_OFFSET_COMMIT',
]);

/** @returns whether the request was certainly not carried out and may be sent again as it is. */
export function wasNotDone(error: unknown): boolean {
  const ids = brokerErrors(error);
  return ids.size > 0 && [...ids].every((id) => movedOrNotReady.has(id));
}

/** The broker did not wait for the outcome: as good as no answer. */
const outcomeUnknown: ReadonlySet<BrokerErrorId> = new Set([
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NETWORK_EXCEPTION',
]);

/** @returns whether no answer came: the request may or may not have been carried out. */
export function isConnectionFailure(error: unknown): boolean {
  if (error instanceof ConnectionLostError) return true;
  const ids = brokerErrors(error);
  if (ids.size > 0) return [...ids].every((id) => outcomeUnknown.has(id));
  if (tlsProblem(error) || refusesCredentials(error)) return false;
  for (const cause of causesOf(error)) {
    if ('code' in cause && typeof cause.code === 'string' && connectionCodes.has(cause.code)) return true;
    if ('syscall' in cause) return true;
  }
  return false;
}

const connectionCodes = new Set([
  'PLT_KFK_NETWORK',
  'PLT_KFK_TIMEOUT',
  'PLT_KFK_UNEXPECTED_CORRELATION_ID',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Codes that Node gives the ways in which a certificate is not trusted (https://nodejs.org/api/tls.html). */
const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ERR_TLS|ERR_SSL|EPROTO/;

/** Why TLS could not be spoken, if that is what failed: the certificate, or that the other side speaks it or not. */
function tlsProblem(error: unknown): string | undefined {
  for (const cause of causesOf(error)) {
    if (!('code' in cause) || typeof cause.code !== 'string' || !('message' in cause)) continue;
    const misfit = cause.code === 'PLT_KFK_USER' && /TLS/.test(String(cause.message));
    if (misfit || certificateCodes.test(cause.code)) return String(cause.message);
  }
  return undefined;
}

function refusesCredentials(error: unknown): boolean {
  return [...causesOf(error)].some((cause) => 'code' in cause && cause.code === 'PLT_KFK_AUTHENTICATION');
}

const fenced = ['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH', 'FENCED_INSTANCE_ID', 'TRANSACTION_COORDINATOR_FENCED'];
const staleMember = ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'FENCED_MEMBER_EPOCH', 'STALE_MEMBER_EPOCH'];
const tooLarge = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];
const unknownTopic = ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'INCONSISTENT_TOPIC_ID'];

/** Which topic an error is about, by its bare name, when it is about one. */
interface About {
  readonly topic?: string;
}

/** Turns whatever the package or the broker said into the seam's errors. `what` says what was tried. */
export function toTailraceError(error: unknown, what: string, { topic }: About = {}): TailraceError {
  if (error instanceof TailraceError) return error;
  const ids = brokerErrors(error);
  const answered = (candidates: readonly BrokerErrorId[]) => candidates.some((id) => ids.has(id));
  const answer = error instanceof BrokerRefusal ? error.message : `the broker answered ${[...ids].join(', ')}`;
  const message = `${what}: ${ids.size > 0 ? answer : messageOf(error)}`;
  if (answered(fenced) || answered(staleMember)) return new FencedError(message, error);
  if (answered(tooLarge)) return new RecordTooLargeError(message, error);
  if (topic !== undefined && answered(unknownTopic)) return new UnknownTopicError(topic);
  if (ids.has('INVALID_REPLICATION_FACTOR')) return new ReplicationFactorError(message, error);
  if (ids.has('INVALID_TIMESTAMP')) return new InvalidTimestampError(message, error);
  if ([...ids].some((id) => id.endsWith('_AUTHORIZATION_FAILED'))) return new NotAuthorisedError(message, error);
  if (refusesCredentials(error)) return new AuthenticationFailedError(what, error);
  const tls = tlsProblem(error);
  if (tls) return new TlsFailedError(what, tls, error);
  if (isConnectionFailure(error)) return new ConnectionLostError(message, error);
  return new TailraceError(message, { code: 'kafka.request_failed', remedy: 'reconnect', cause: error });
}
