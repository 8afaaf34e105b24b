import type { Asker } from '@tailrace/http/access/caller.ts';
import type { FairQueue } from '@tailrace/http/limits/fair-queue.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { rawTopics } from '@tailrace/topics/topics.ts';
import { reachable } from '../reachable.ts';
import { RecordReader } from '../record-reader.ts';
import type { LogDatabase } from '../stream/log-database.ts';

/** An event and where it stands in its topic. */
export interface PlacedEvent {
  readonly raw: RawEvent;
  readonly partition: number;
  readonly offset: number;
}

/** The last stored lines of a connection as their events came, newest first. */
export interface LastEvents {
  readonly events: readonly PlacedEvent[];
  /** Lines whose events are no longer kept, or were not read in time. */
  readonly missing: number;
}

export interface LastEventsOptions {
  readonly kafka: Kafka;
  readonly database: LogDatabase;
  /** Who may read from Kafka when. */
  readonly readings: FairQueue;
  readonly timeoutMs: number;
}

/** The author of a rule asks at every stroke: what was found stands for this long, so that the lines do not change either. */
const keptMs = 20_000;
/** Connections that are remembered, and what of each, bytes of payload. */
const maxKept = 50;
const maxBytes = 512 * 1024;
const maxDays = 7;

/** Finds the last events of connections: their places in the database, then themselves in Kafka. */
export class LastEventsReader {
  readonly #options: LastEventsOptions;
  readonly #kept = new Map<string, { readonly until: number; readonly found: LastEvents }>();

  constructor(options: LastEventsOptions) {
    this.#options = options;
  }

  /** @throws Problem 429 and 503 as searches and readings do. */
  async of(connection: Connection, limit: number, asker: Asker): Promise<LastEvents> {
    const key = `${connection.id}/${limit}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > Date.now()) return kept.found;
    this.#kept.delete(key);
    const found = await this.#find(connection, limit, asker);
    // A connection without lines may have some in a moment.
    if (found.events.length > 0) this.#keep(key, found);
    return found;
  }

  #keep(key: string, found: LastEvents): void {
    this.#kept.set(key, { until: Date.now() + keptMs, found });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxKept) break;
      this.#kept.delete(oldest);
    }
  }

  async #find({ id, project_id: projectId, provider }: Connection, limit: number, asker: Asker): Promise<LastEvents> {
    const { kafka, database, readings, timeoutMs } = this.#options;
    const to = Date.now() * 1000 + 86_400_000_000;
    const lines = await database.run(asker, 'places', {
      projectId,
      filter: { connections: [id] },
      from: to - (maxDays + 1) * 86_400_000_000,
      to,
      direction: 'older',
      limit,
      timeoutMs,
    });
    const { name: topic, codec } = rawTopics[provider];
    const signal = AbortSignal.any([asker.gone, AbortSignal.timeout(timeoutMs)]);
    const places = lines
      .map((place) => ({ topic, ...place }))
      .sort((one, other) => one.partition - other.partition || one.offset - other.offset);
    const byPlace = await readings.run(asker.caller, asker.gone, () =>
      reachable(readEvents(kafka, places, codec, signal)),
    );
    const events = lines.flatMap(({ partition, offset }) => {
      const raw = byPlace.get(`${partition}/${offset}`);
      // A topic that was made again has other events at the same places.
      return raw?.connection_id === id ? [{ raw, partition, offset }] : [];
    });
    return { events, missing: lines.length - events.length };
  }
}

type RawCodec = { decode(value: Buffer): RawEvent };
type Place = { readonly topic: string; readonly partition: number; readonly offset: number };

/** Those that can be read before the signal aborts, and fit, by their places. @param places in order */
async function readEvents(kafka: Kafka, places: readonly Place[], codec: RawCodec, signal: AbortSignal) {
  const found = new Map<string, RawEvent>();
  const reader = new RecordReader(kafka);
  let bytes = 0;
  try {
    // The newest first where not all fit.
    for (const place of places.toReversed()) {
      if (signal.aborted || bytes > maxBytes) break;
      const value = (await reader.at(place, signal))?.value;
      if (value === undefined || value === null) continue;
      bytes += value.length;
      const raw = decoded(codec, value);
      if (raw !== undefined) found.set(`${place.partition}/${place.offset}`, raw);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await reader.close();
  }
  return found;
}

function decoded(codec: RawCodec, value: Buffer): RawEvent | undefined {
  try {
    return codec.decode(value);
  } catch {
    return undefined;
  }
}
