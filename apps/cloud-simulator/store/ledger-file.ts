import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { CloudEvent } from './cloud-event.ts';
import { readEvent, writeEvent } from './event-json.ts';

const segmentPattern = /^ledger-\d{12}\.ndjson$/;

/** When a segment is closed and the next begun. Old events go by whole segments. */
const segmentEvents = 20_000;

interface Segment {
  readonly path: string;
  events: number;
  lastSequence: number;
}

/**
 * The ledger on disk: append-only NDJSON in segments named by their first sequence number. Writes are synchronous and
 * made before anyone can read the events, so what a client has seen survives a kill -9 of the process.
 */
export class LedgerFile {
  readonly #directory: string;
  readonly #segments: Segment[] = [];
  #descriptor: number | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  /** Reads what earlier processes wrote, and cuts off a last line that a kill left unfinished. */
  load(): CloudEvent[] {
    const events: CloudEvent[] = [];
    for (const name of readdirSync(this.#directory)
      .filter((name) => segmentPattern.test(name))
      .sort()) {
      const path = join(this.#directory, name);
      const held = readSegment(path);
      for (const event of held) events.push(event);
      this.#segments.push({ path, events: held.length, lastSequence: held.at(-1)?.sequence ?? 0 });
    }
    return events;
  }

  append(events: readonly CloudEvent[]): void {
    const first = events[0];
    if (first === undefined) return;
    const segment = this.#segmentFor(first.sequence);
    appendFileSync(this.#descriptor!, `${events.map(writeEvent).join('\n')}\n`);
    segment.events += events.length;
    segment.lastSequence = events.at(-1)!.sequence;
  }

  /** Deletes the segments that hold only events before the given sequence number. */
  forgetBefore(sequence: number): void {
    while (this.#segments.length > 1 && this.#segments[0]!.lastSequence < sequence) {
      rmSync(this.#segments.shift()!.path, { force: true });
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #segmentFor(sequence: number): Segment {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.events < segmentEvents) {
      this.#descriptor ??= openSync(last.path, 'a');
      return last;
    }
    this.close();
    const path = join(this.#directory, `ledger-${String(sequence).padStart(12, '0')}.ndjson`);
    this.#descriptor = openSync(path, 'a');
    const segment = { path, events: 0, lastSequence: sequence };
    this.#segments.push(segment);
    return segment;
  }
}

function readSegment(path: string): CloudEvent[] {
  const text = readFileSync(path, 'utf8');
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  if (complete.length < text.length) truncateSync(path, Buffer.byteLength(complete));
  return complete
    .split('\n')
    .slice(0, -1)
    .map((line, index) => {
      try {
        return readEvent(line);
      } catch (cause) {
        throw new TailraceError(`Line ${index + 1} of the simulator's ledger ${path} is damaged.`, {
          code: 'simulator.damaged_ledger',
          remedy: 'give-up',
          help: 'Delete the file, or the whole data directory of the simulator, to start over.',
          cause,
        });
      }
    });
}
