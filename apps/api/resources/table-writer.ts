import { unlessAborted } from '@tailrace/errors/abort.ts';
import { remedyOf } from '@tailrace/errors/tailrace-error.ts';
import { Problem } from '@tailrace/http/problem.ts';
import { FencedError } from '@tailrace/kafka/errors.ts';
import type { Kafka, TransactionalProducer } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { encodedRecord } from '@tailrace/kafka/topic-record.ts';
import { Backoff } from '@tailrace/stream/backoff.ts';
import { fencedEnd } from '@tailrace/stream/processing/fenced-end.ts';
import type { Table } from '@tailrace/stream/reading/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';

/**
 * What a key's value is to become: another value, `undefined` to delete it, the given one itself to leave it alone.
 * Asked again when another process was faster, so it must have no effects of its own. May throw a Problem.
 */
type Decide<Value> = (current: Value | undefined) => Value | undefined | Promise<Value | undefined>;

export interface TableWriter<Value> {
  /**
   * Changes one key on the ground of its newest value, whichever process wrote that. Resolves with the new value once
   * the table of this process holds it too.
   * @throws Problem 503 when Kafka does not take it in time, and whatever `decide` throws.
   */
  change(key: string, decide: Decide<Value>): Promise<Value | undefined>;
}

export interface TableWriterOptions<Value> {
  readonly kafka: Kafka;
  readonly topic: TopicSpec<Value>;
  /** The topic's table in this process. */
  readonly table: Table<Value>;
  /** How long a change may take over all its attempts. */
  readonly timeoutMs: number;
  readonly headers: (value: Value) => Readonly<Record<string, string>>;
  readonly logger: Logger;
}

/**
 * Compare-and-set on a compacted topic, for several processes without a lock service. Every writer of a partition uses
 * the same transactional id, so InitProducerId fences all others and settles what they had in flight (KIP-98). What is
 * then read up to the partition's end cannot change before this writer's own commit: when somebody else begins
 * meanwhile, the commit is refused and everything is done again. So of two changes that were decided on the same value in
 * two processes, the second to commit has seen the first.
 */
export function tableWriter<Value>(options: TableWriterOptions<Value>): TableWriter<Value> {
  const { topic, timeoutMs, logger } = options;
  /** Writers of one process would only fence each other, so they take turns. */
  const turns = new Map<number, Promise<unknown>>();

  async function changeInTurn(
    key: string,
    partition: number,
    decide: Decide<Value>,
    signal: AbortSignal,
  ): Promise<Value | undefined> {
    // Grows past what an attempt takes: two that fence each other would go on doing so with shorter pauses.
    const backoff = new Backoff({ initialMs: 20, maxMs: 4000 });
    const attempt = attempts(options, key, partition, decide);
    for (;;) {
      try {
        // An attempt that is left behind does no harm: the next writer fences it.
        return await unlessAborted(attempt(signal), signal);
      } catch (error) {
        if (signal.aborted) throw notInTime(error);
        if (!isWorthAnotherAttempt(error)) throw error;
        logger.debug({ err: error, topic: topic.name, key }, 'a change is tried again');
        await backoff.wait(signal);
      }
    }
  }

  return {
    change(key, decide) {
      const partition = partitionFor(key, topic.partitions);
      const before = turns.get(partition) ?? Promise.resolve();
      const signal = AbortSignal.timeout(timeoutMs);
      const turn = before.then(() => changeInTurn(key, partition, decide, signal));
      turns.set(
        partition,
        turn.catch(() => undefined),
      );
      return turn;
    },
  };
}

/** The attempts of one change. They share what was sent when an outcome became unknown. */
function attempts<Value>(
  { kafka, topic, table, headers }: TableWriterOptions<Value>,
  key: string,
  partition: number,
  decide: Decide<Value>,
): (signal: AbortSignal) => Promise<Value | undefined> {
  let sent: { readonly bytes: Buffer | null } | undefined;

  async function readToEnd(signal: AbortSignal): Promise<void> {
    const end = await fencedEnd(kafka, { topic: topic.name, partition });
    await table.untilOffset(partition, end, signal);
  }

  async function write(producer: TransactionalProducer, value: Value | undefined): Promise<void> {
    sent = { bytes: value === undefined ? null : topic.codec.encode(value) };
    const transaction = producer.begin();
    const given = value === undefined ? undefined : headers(value);
    await transaction.send([encodedRecord(topic, key, sent.bytes, { partition, headers: given })]);
    await transaction.commit();
  }

  /**
   * A commit whose answer was lost may have happened: the table then holds what was sent. Another process's change from the
   * same value to the very same bytes is taken for it too: what was asked for is then done, once instead of twice.
   */
  function hasHappened(current: Value | undefined): boolean {
    if (sent === undefined) return false;
    if (current === undefined || sent.bytes === null) return current === undefined && sent.bytes === null;
    return topic.codec.encode(current).equals(sent.bytes);
  }

  return async (signal) => {
    const producer = await kafka.transactionalProducer(`api-${topic.name}-${partition}`);
    try {
      await readToEnd(signal);
      const current = table.get(key);
      if (hasHappened(current)) return current;
      const next = await decide(current);
      if (next === current) return current;
      await write(producer, next);
      // Not "until the end": the broker writes the commit marker after it has answered. Nobody else can have written
      // between what was read above and this commit, so the key's next value is this one.
      await table.until(key, (value) => value !== current, signal);
      return next;
    } finally {
      await producer.close().catch(() => undefined);
    }
  };
}

/** Another process began after us, or Kafka is briefly unreachable. */
function isWorthAnotherAttempt(error: unknown): boolean {
  if (error instanceof Problem) return false;
  return error instanceof FencedError || remedyOf(error) !== 'give-up';
}

function notInTime(cause: unknown): Problem {
  const detail = 'Kafka did not take the change in time; it may still take effect. Look again before you repeat it.';
  return new Problem(503, { detail, retryAfterSeconds: 2, cause });
}
