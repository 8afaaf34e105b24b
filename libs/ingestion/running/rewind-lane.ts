import { freshReading, type Reading, readPages } from '../asking/read-pages.ts';
import type { TimeRange } from '../contract/connector.ts';
import { ConnectorError } from '../contract/connector-error.ts';
import type { EventWriter } from '../storing/event-writer.ts';
import type { RewindCheckpoint } from '../storing/rewind-checkpoint.ts';
import type { RunContext } from './run-context.ts';
import { Wakeup } from './wakeup.ts';

/** A run as its rewind sees it. */
export interface RewindRun extends Omit<RunContext, 'eventWriter' | 'checkpoint' | 'schedule' | 'liveDemanded'> {
  readonly rewound: RewindCheckpoint;
  /** Marks what it emits. */
  readonly eventWriter: EventWriter;
}

const firstChunk = 3_600_000_000;
const leastChunk = 1000;
/** A stretch is to take about this long: its ids are kept until it has been read, and a failure reads it again. */
const shortMs = 2000;
const longMs = 10_000;

/**
 * Reads a source again from the rewind's time to that of its request, stretch by stretch, and ends. It stays behind the
 * live lanes: its requests are not urgent, and it rests as long as it reads. Rejects only when events could not be
 * written.
 */
export async function runRewind(run: RewindRun): Promise<void> {
  const { rewound, eventWriter, signal, failures, clock, logger, report } = run;
  const pause = new Wakeup();
  let chunk = firstChunk;
  if (!rewound.isFinished) logger.info({ left: isoRange(rewound.left) }, 'reading the source again');
  while (!signal.aborted && !rewound.isFinished) {
    const { start, end } = rewound.left;
    if (start >= end) {
      rewound.finished(clock.now());
      await eventWriter.writeProgress();
      report.changed();
      logger.info({ events: rewound.status().events }, 'the source has been read again');
      return;
    }
    const range = { start, end: Math.min(end, start + chunk) };
    const reading = freshReading();
    const started = performance.now();
    try {
      await readAgain(run, range, reading);
      const tookMs = performance.now() - started;
      const { pages, answeringMs } = reading;
      if (pages > 1 && answeringMs > longMs) chunk = halfOf(range);
      else if (answeringMs < shortMs && range.end - range.start >= chunk) chunk *= 2;
      failures.rewind.succeeded();
      eventWriter.noteProgress();
      await pause.wait(tookMs, signal);
    } catch (error) {
      eventWriter.throwIfFailed();
      if (signal.aborted) return;
      const tooLarge = error instanceof ConnectorError && error.failure === 'range_too_large';
      const canShrink = range.end - range.start > leastChunk;
      if ((tooLarge || reading.pages > 1) && canShrink) chunk = halfOf(range);
      if (!(tooLarge && canShrink)) await pause.wait(failures.rewind.failed(error), signal);
    }
  }
}

async function readAgain(run: RewindRun, range: TimeRange, reading: Reading): Promise<void> {
  const { rewound, eventWriter } = run;
  let writing: Promise<number> = Promise.resolve(0);
  try {
    for await (const page of readPages(run, range, false, reading)) {
      await writing;
      writing = eventWriter.emit(page.events);
      writing.catch(() => undefined);
    }
  } finally {
    await writing;
  }
  rewound.swept(range);
}

/** Whole milliseconds. */
function halfOf({ start, end }: TimeRange): number {
  return Math.max(leastChunk, Math.floor((end - start) / 2000) * 1000);
}

function isoRange({ start, end }: TimeRange): string {
  return `${new Date(start / 1000).toISOString()}/${new Date(end / 1000).toISOString()}`;
}
