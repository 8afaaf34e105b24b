import { randomBytes } from 'node:crypto';
import { remedyOf } from '@tailrace/errors/tailrace-error.ts';
import { FencedError } from '@tailrace/kafka/errors.ts';
import type { Kafka, OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { topicRecord } from '@tailrace/kafka/topic-record.ts';
import type { Normalise } from '@tailrace/normalise/normalise.ts';
import type { DeadLetter } from '@tailrace/schemas/generated/dead-letter.ts';
import { Backoff } from '@tailrace/stream/backoff.ts';
import { maxDeadValueBytes } from '@tailrace/stream/processing/dead-letter.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { RecordReader } from '../record-reader.ts';
import { readLetter } from './find-letters.ts';
import type { LetterMarks, LetterPlace } from './letter-marks.ts';
import { reprocess } from './reprocess.ts';

/** What became of a letter. */
export const letterOutcomes = [
  'replayed',
  'already_replayed',
  'still_dead',
  'gone',
  'not_replayable',
  'not_found',
  'not_reached',
] as const;

export interface LetterResult extends LetterPlace {
  readonly outcome: (typeof letterOutcomes)[number];
  /** Why, where it was not put back. */
  readonly reason: string | null;
  readonly detail: string | null;
}

export interface LetterReplay {
  readonly projectId: string;
  readonly places: readonly LetterPlace[];
  /** Puts back also what was put back before. */
  readonly force: boolean;
  /** Ends it: what was not reached is reported so. */
  readonly signal: AbortSignal;
}

interface Reprocessing extends LetterPlace {
  readonly record: OutgoingRecord;
}

/** One transaction holds about this much. */
const maxTransactionBytes = 4 * 1024 * 1024;
const maxTransactionLetters = 200;
/** Every api process uses the same one, so two that put back the same letter take turns. */
const transactionalId = 'api-dead-letter-replays';

/** Puts dead letters back: from the records they came from, through the code of today, to `logs.replayed`. */
export class LetterReplayer {
  readonly #kafka: Kafka;
  readonly #marks: LetterMarks;
  readonly #normalise: Normalise;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(kafka: Kafka, marks: LetterMarks, normalise: Normalise) {
    this.#kafka = kafka;
    this.#marks = marks;
    this.#normalise = normalise;
  }

  /**
   * Records and their marks commit together, a few hundred at a time: what is marked has been put back, whatever ends
   * this call.
   * @returns the replay's id and one result for each place, in the order given.
   */
  async replay(request: LetterReplay): Promise<{ readonly id: string; readonly results: readonly LetterResult[] }> {
    const id = `dlr_${randomBytes(12).toString('hex')}`;
    const results = new Map<string, LetterResult>();
    const note = (place: LetterPlace, outcome: LetterResult['outcome'], reason?: string, detail?: string) =>
      results.set(keyOf(place), { ...placeOf(place), outcome, reason: reason ?? null, detail: detail ?? null });
    const letters = new RecordReader(this.#kafka);
    const originals = new RecordReader(this.#kafka);
    const { partitions } = await this.#kafka.admin.describeTopic(topics.logsReplayed.name);
    let waiting: Reprocessing[] = [];
    let bytes = 0;
    let transactions = 0;
    const commit = async () => {
      const batch = waiting;
      waiting = [];
      bytes = 0;
      if (batch.length === 0) return;
      const replayed = await this.#commitInTurn(request, id, `${id}/${transactions++}`, batch);
      for (const place of batch) note(place, replayed.has(keyOf(place)) ? 'replayed' : 'already_replayed');
    };
    try {
      for (const place of ordered(request.places)) {
        if (request.signal.aborted) break;
        const letter = await this.#letterAt(letters, request, place);
        if (letter === undefined) note(place, 'not_found');
        else if (!request.force && this.#marks.of(place)) note(place, 'already_replayed');
        else if (letter.offset < 0)
          note(place, 'not_replayable', letter.reason, 'It was never written: rewind the connection.');
        else {
          const value = await originalOf(originals, letter, request.signal);
          if (value === undefined) {
            note(place, 'gone', 'retention', 'Retention has removed the record, and the letter holds a part of it.');
            continue;
          }
          const revived = reprocess(letter, value, { replayId: id, partitions, normalise: this.#normalise });
          if (revived.outcome !== 'replayed') {
            note(place, revived.outcome, revived.reason, revived.detail);
            continue;
          }
          waiting.push({ ...placeOf(place), record: revived.record });
          bytes += revived.record.value?.length ?? 0;
          if (bytes >= maxTransactionBytes || waiting.length >= maxTransactionLetters) await commit();
        }
      }
      await commit();
    } catch (error) {
      // Out of time: what has been committed stands, and the rest is reported as not reached.
      if (!request.signal.aborted) throw error;
    } finally {
      await Promise.all([letters.close(), originals.close()]);
    }
    const reached = (place: LetterPlace): LetterResult =>
      results.get(keyOf(place)) ?? { ...placeOf(place), outcome: 'not_reached', reason: null, detail: null };
    return { id, results: request.places.map(reached) };
  }

  /** A letter of the project; another project's does not exist. */
  async #letterAt(reader: RecordReader, { projectId, signal }: LetterReplay, place: LetterPlace) {
    const record = await reader.at({ topic: topics.dead.name, ...placeOf(place) }, signal);
    if (!record?.value || record.headers.get('project')?.toString() !== projectId) return undefined;
    return readLetter(record.value);
  }

  #commitInTurn(
    request: LetterReplay,
    id: string,
    key: string,
    batch: readonly Reprocessing[],
  ): Promise<ReadonlySet<string>> {
    const turn = this.#turn.then(async () => {
      const backoff = new Backoff({ initialMs: 20, maxMs: 500 });
      for (;;) {
        request.signal.throwIfAborted();
        try {
          return await this.#commit(request, id, key, batch);
        } catch (error) {
          if (request.signal.aborted || !(error instanceof FencedError || remedyOf(error) !== 'give-up')) throw error;
          await backoff.wait(request.signal);
        }
      }
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Fences every other process first, so that the marks read then are all there are (KIP-98).
   * @returns the letters that were put back; others have been, by somebody else, in the meantime.
   */
  async #commit(
    { projectId, force, signal }: LetterReplay,
    id: string,
    key: string,
    batch: readonly Reprocessing[],
  ): Promise<ReadonlySet<string>> {
    const { name } = topics.deadLetterReplays;
    const { table } = this.#marks;
    const producer = await this.#kafka.transactionalProducer(transactionalId);
    try {
      const ends = await this.#kafka.admin.offsets(name, 'last_stable');
      await Promise.all(ends.map((end, partition) => table.untilOffset(partition, end, signal)));
      // An attempt whose answer was lost may have committed.
      const before = table.get(key);
      if (before) return new Set(before.letters.map(keyOf));
      const fresh = force ? batch : batch.filter((place) => this.#marks.of(place) === undefined);
      if (fresh.length === 0) return new Set();
      const mark = { id, project_id: projectId, replayed_at: Date.now() * 1000, letters: fresh.map(placeOf) };
      const headers = { project: projectId };
      const marked = topicRecord(topics.deadLetterReplays, key, mark, { headers });
      const transaction = producer.begin();
      await transaction.send([...fresh.map(({ record }) => record), marked]);
      await transaction.commit();
      await table.until(key, (value) => value !== undefined, signal);
      return new Set(fresh.map(keyOf));
    } finally {
      await producer.close().catch(() => undefined);
    }
  }
}

/**
 * The whole value of the dead record: from where it stands; from the letter, where retention was faster and the letter
 * holds all of it. A record that does not begin like the letter's is of a topic that was made again.
 */
async function originalOf(reader: RecordReader, letter: DeadLetter, signal: AbortSignal): Promise<Buffer | undefined> {
  const { topic, partition, offset, value } = letter;
  const record = await reader.at({ topic, partition, offset }, signal);
  if (record?.value?.subarray(0, value.length).equals(value)) return record.value;
  return value.length < maxDeadValueBytes ? value : undefined;
}

/** Near places after each other, each once. */
function ordered(places: readonly LetterPlace[]): readonly LetterPlace[] {
  const unique = new Map(places.map((place) => [keyOf(place), place]));
  return [...unique.values()].sort((one, other) => one.partition - other.partition || one.offset - other.offset);
}

function placeOf({ partition, offset }: LetterPlace): LetterPlace {
  return { partition, offset };
}

function keyOf({ partition, offset }: LetterPlace): string {
  return `${partition}/${offset}`;
}
