import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { TopicPartitionOffset } from './kafka.ts';

/** Another producer with the same transactional id, or another member, took over. The caller must stop writing. */
export class FencedError extends TailraceError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'kafka.fenced', remedy: 'give-up', cause });
  }
}

/** Nothing of the batch was written. Retrying the same record never helps. */
export class RecordTooLargeError extends TailraceError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'kafka.record_too_large', remedy: 'give-up', cause });
  }
}

/** The position is no longer in the log (retention passed it), or lies beyond its end. */
export class OffsetOutOfRangeError extends TailraceError {
  readonly position: TopicPartitionOffset;
  readonly earliest: number;
  readonly latest: number;

  constructor(position: TopicPartitionOffset, earliest: number, latest: number) {
    super(
      `${position.topic}[${position.partition}] has no offset ${position.offset}: it holds ${earliest} to ${latest}`,
      { code: 'kafka.offset_out_of_range', remedy: 'give-up' },
    );
    this.position = position;
    this.earliest = earliest;
    this.latest = latest;
  }
}

/** The topic was deleted and made again: positions of the old one mean nothing in the new one. */
export class TopicRecreatedError extends TailraceError {
  constructor(topic: string) {
    super(`topic ${topic} was deleted and created again`, {
      code: 'kafka.topic_recreated',
      remedy: 'give-up',
      help: 'Positions of the old topic are void. Delete the group or the stored offsets to start over deliberately.',
    });
  }
}

export class UnknownTopicError extends TailraceError {
  constructor(topic: string) {
    super(`topic ${topic} does not exist`, { code: 'kafka.unknown_topic', remedy: 'retry' });
  }
}

/** The broker is unreachable, or an answer was lost: what was asked may or may not have happened. */
export class ConnectionLostError extends TailraceError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'kafka.connection_lost', remedy: 'reconnect', cause });
  }
}

/** The broker wants SASL, another mechanism, or other credentials. */
export class AuthenticationFailedError extends TailraceError {
  constructor(what: string, cause?: unknown) {
    super(`${what}: the broker refused the SASL mechanism or credentials`, {
      code: 'kafka.authentication_failed',
      remedy: 'give-up',
      help: "Check the SASL mechanism, user name and password in Kafka's settings.",
      cause,
    });
  }
}

/** TLS could not be spoken: a certificate that is not trusted, or only one side has TLS. */
export class TlsFailedError extends TailraceError {
  constructor(what: string, reason: string, cause?: unknown) {
    super(`${what}: no TLS connection: ${reason}`, {
      code: 'kafka.tls_failed',
      remedy: 'give-up',
      help: 'Check that TLS is on exactly if the listener has it, which authority signed its certificate, and its name.',
      cause,
    });
  }
}

/** There are fewer brokers than each partition is to have replicas. More of them may be starting. */
export class ReplicationFactorError extends TailraceError {
  constructor(message: string, cause?: unknown) {
    super(message, {
      code: 'kafka.invalid_replication_factor',
      remedy: 'retry',
      help: 'Start more brokers, or set KAFKA_REPLICATION_FACTOR to the number of brokers at most.',
      cause,
    });
  }
}

/** An ACL is missing. */
export class NotAuthorisedError extends TailraceError {
  constructor(message: string, cause?: unknown) {
    super(message, {
      code: 'kafka.not_authorised',
      remedy: 'give-up',
      help: 'Grant this client read, write and describe on its topics, groups and transactional ids.',
      cause,
    });
  }
}

/** Nothing of the batch was written: a record's time is too far from the broker's clock (KIP-937). */
export class InvalidTimestampError extends TailraceError {
  constructor(message: string, cause?: unknown) {
    super(message, {
      code: 'kafka.invalid_timestamp',
      remedy: 'give-up',
      help: "A record's time is further ahead of the broker's clock than message.timestamp.after.max.ms allows.",
      cause,
    });
  }
}

/** A poll after `close`: an answer of "nothing came" would keep its caller asking for ever. */
export class ReaderClosedError extends TailraceError {
  constructor() {
    super('this reader is closed', { code: 'kafka.closed', remedy: 'reconnect' });
  }
}
