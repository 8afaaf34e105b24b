import type { FetchedRecord, Kafka } from '@tailrace/kafka/kafka.ts';
import { bytesPerSlice, Slice } from '@tailrace/log-query/thread-time.ts';
import type { DeadLetter } from '@tailrace/schemas/generated/dead-letter.ts';
import { pollRanges } from '@tailrace/stream/reading/read-ranges.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { LetterPlace } from './letter-marks.ts';

/** Which letters are wanted. */
export interface LetterFilter {
  readonly projectId: string;
  readonly reason?: string | undefined;
  readonly connectionId?: string | undefined;
  /** Times of the failure, microseconds: from included, to excluded. */
  readonly from: number;
  readonly to: number;
}

export interface FindLettersOptions<Kept> {
  readonly kafka: Kafka;
  readonly filter: LetterFilter;
  readonly limit: number;
  /** Where an earlier page ended: by partition, the offset that its letters were not below. */
  readonly cursor?: readonly number[] | undefined;
  /** What is kept of a letter, whose value may be large; undefined: not wanted. */
  readonly keep: (letter: DeadLetter, place: LetterPlace) => Kept | undefined;
  /** Ends the looking with what there is. */
  readonly signal: AbortSignal;
}

export interface LetterPage<Kept> {
  /** Newest failure first. */
  readonly letters: readonly Kept[];
  /** Where the next page begins; undefined when everything was looked at. */
  readonly cursor: readonly number[] | undefined;
}

const { name: topic, codec } = topics.dead;
/** Offsets looked at in one step back through a partition: more where nothing is found. */
const firstStep = 64;
const longestStep = 2048;
/** Offsets that one page looks at: letters of other projects, and filtered ones, are passed over. */
const maxLooked = 20_000;
/** A record is written a little after its failure. */
const writtenAfterMs = 60_000;

interface Found<Kept> {
  readonly offset: number;
  readonly failedAt: number;
  readonly kept: Kept;
}

interface Scan<Kept> {
  readonly partition: number;
  readonly start: number;
  /** Everything from here on has been looked at. */
  before: number;
  step: number;
  /** Found and not given yet, newest last. */
  readonly pending: Found<Kept>[];
}

/**
 * Looks for a project's letters from the end of `logs.dead` backwards, in steps: what it holds never matters, only what
 * is looked at. Letters without a project belong to nobody and are passed over.
 */
export async function findLetters<Kept>(options: FindLettersOptions<Kept>): Promise<LetterPage<Kept>> {
  const { limit, signal } = options;
  const scans = await openScans(options);
  const letters: Kept[] = [];
  let looked = 0;
  while (letters.length < limit) {
    const empty = scans.filter((scan) => scan.pending.length === 0 && scan.before > scan.start);
    if (empty.length > 0) {
      if (looked >= maxLooked || signal.aborted) break;
      looked += await stepBack(options, empty);
      continue;
    }
    const newest = newestOf(scans);
    if (newest === undefined) return { letters, cursor: undefined };
    letters.push(newest.pending.pop()!.kept);
  }
  const cursor = scans.map(({ pending, before }) => (pending.at(-1)?.offset ?? before - 1) + 1);
  const isDone = scans.every(({ start }, index) => cursor[index]! <= start);
  return { letters, cursor: isDone ? undefined : cursor };
}

async function openScans<Kept>({ kafka, filter, cursor }: FindLettersOptions<Kept>): Promise<Scan<Kept>[]> {
  const { from, to } = filter;
  const [starts, ends, fromOffsets, toOffsets] = await Promise.all([
    kafka.admin.offsets(topic, 'earliest'),
    kafka.admin.offsets(topic, 'last_stable'),
    kafka.admin.offsets(topic, { timestampMs: Math.floor(from / 1000) }),
    kafka.admin.offsets(topic, { timestampMs: Math.ceil(to / 1000) + writtenAfterMs }),
  ]);
  return ends.map((latest, partition) => {
    const end = Math.min(latest, toOffsets[partition] ?? latest, cursor?.[partition] ?? latest);
    const start = Math.max(starts[partition] ?? 0, fromOffsets[partition] ?? 0);
    return { partition, start, before: Math.max(start, end), step: firstStep, pending: [] };
  });
}

/** Looks one step further back in each of the partitions. @returns how many offsets that were. */
async function stepBack<Kept>(options: FindLettersOptions<Kept>, scans: readonly Scan<Kept>[]): Promise<number> {
  const { kafka, signal } = options;
  const blocks = new Map(
    scans.map((scan) => {
      const start = Math.max(scan.start, scan.before - scan.step);
      return [scan.partition, { scan, start, found: [] as Found<Kept>[] }];
    }),
  );
  const ranges = [...blocks].map(([partition, { scan, start }]) => ({
    topic,
    partition,
    from: start,
    to: scan.before,
  }));
  const slice = new Slice(options.filter.projectId);
  let looked = 0;
  try {
    await slice.turn();
    for await (const fetched of pollRanges(kafka, ranges, signal, { maxBytes: bytesPerSlice })) {
      for (const { partition, records, nextOffset } of fetched) {
        const block = blocks.get(partition);
        if (block === undefined) continue;
        const { scan, start, found } = block;
        slice.begin();
        for (const record of records) {
          if (slice.isOver) await slice.rest();
          found.push(...wanted(options, partition, record));
        }
        slice.end();
        if (nextOffset < scan.before) continue;
        looked += scan.before - start;
        scan.before = start;
        scan.step = found.length > 0 ? scan.step : Math.min(longestStep, scan.step * 2);
        scan.pending.push(...found);
      }
      await slice.turn();
    }
  } catch (error) {
    // A step that was not finished is looked at again by the next page.
    if (!signal.aborted) throw error;
  }
  return looked;
}

/** The letter, if it is one of those that are looked for. */
function wanted<Kept>(
  { filter, keep }: FindLettersOptions<Kept>,
  partition: number,
  { headers, value, offset }: FetchedRecord,
): Found<Kept>[] {
  if (value === null || headers.get('project')?.toString() !== filter.projectId) return [];
  const letter = readLetter(value);
  if (letter === undefined) return [];
  const { reason, connectionId, from, to } = filter;
  if (reason !== undefined && letter.reason !== reason) return [];
  if (connectionId !== undefined && letter.connection_id !== connectionId) return [];
  if (letter.failed_at < from || letter.failed_at >= to) return [];
  const kept = keep(letter, { partition, offset });
  return kept === undefined ? [] : [{ offset, failedAt: letter.failed_at, kept }];
}

/** @returns undefined for a letter that a newer version has written: that one shows it. */
export function readLetter(value: Buffer): DeadLetter | undefined {
  try {
    return codec.decode(value);
  } catch {
    return undefined;
  }
}

function newestOf<Kept>(scans: readonly Scan<Kept>[]): Scan<Kept> | undefined {
  let newest: Scan<Kept> | undefined;
  for (const scan of scans) {
    const time = scan.pending.at(-1)?.failedAt;
    if (time !== undefined && time > (newest?.pending.at(-1)?.failedAt ?? Number.NEGATIVE_INFINITY)) newest = scan;
  }
  return newest;
}
