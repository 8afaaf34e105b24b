import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { TopicPartitionOffset } from './kafka.ts';

/** Another producer with the same transactional id, or another member, took over. Whoever sees this must stop writing. */
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

/** The broker is away, or an answer was lost: what was asked may or may not have happened. */
export class ConnectionLostError extends TailraceError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'kafka.connection_lost', remedy: 'reconnect', cause });
  }
}
