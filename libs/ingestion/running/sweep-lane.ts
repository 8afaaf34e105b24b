import { freshReading, type Reading, readPages } from '../asking/read-pages.ts';
import { ConnectorError } from '../contract/connector-error.ts';
import type { LaneKind, ScheduledSweep } from '../coverage/sweep-schedule.ts';
import type { RunContext } from './run-context.ts';
import { Wakeup } from './wakeup.ts';

/** With nothing due for long, look again after this: what is due changes with the time too. */
const longestWaitMs = 60_000;

/** Makes one sweep after the other until the run ends. Rejects only when events could not be written. */
export async function runLane(run: RunContext, kind: LaneKind): Promise<void> {
  const { schedule, checkpoint, clock, signal } = run;
  const alarm = kind === 'rest' ? new Wakeup() : run.liveDemanded;
  while (!signal.aborted) {
    const now = clock.now();
    const step = schedule.next(kind, checkpoint.coverage, now);
    const waitMs = step.kind === 'wait' ? (step.until - now) / 1000 : await makeSweep(run, kind, step.sweep);
    if (waitMs > 0) await alarm.wait(Math.min(waitMs, longestWaitMs), signal);
  }
}

/** @returns how long to wait before the lane's next sweep, milliseconds. */
async function makeSweep(run: RunContext, kind: LaneKind, sweep: ScheduledSweep): Promise<number> {
  const { schedule, eventWriter, failures, signal, clock } = run;
  const part = sweep.band === 0 ? failures.live : failures.rest;
  const started = performance.now();
  const reading = freshReading();
  try {
    const fresh = await sweepWhole(run, sweep, reading);
    const tookMs = performance.now() - started;
    schedule.succeeded(sweep, reading);
    part.succeeded();
    eventWriter.noteProgress();
    run.logger.debug({ ...describe(sweep, reading), fresh, ms: Math.round(tookMs) }, 'swept');
    // Looking again for what came late takes no more than half of a lane's time: the quota is not ours alone.
    return kind === 'rest' && sweep.again ? tookMs : 0;
  } catch (error) {
    // Pages of a long sweep that is cut off would be read again and again; a shorter one may get through.
    const tooLarge = error instanceof ConnectorError && error.failure === 'range_too_large';
    const shorter = schedule.failed(sweep, clock.now(), tooLarge || reading.pages > 1);
    eventWriter.throwIfFailed();
    if (signal.aborted) return 0;
    if (!(tooLarge && shorter)) return part.failed(error);
    run.logger.debug(describe(sweep, reading), 'range too large: halved');
    return 0;
  }
}

async function sweepWhole(run: RunContext, sweep: ScheduledSweep, reading: Reading): Promise<number> {
  const { checkpoint, clock, eventWriter } = run;
  let fresh = 0;
  let writing: Promise<number> = Promise.resolve(0);
  try {
    // The next page is asked for while the last one is written.
    for await (const page of readPages(run, sweep.range, sweep.band === 0, reading)) {
      fresh += await writing;
      writing = eventWriter.emit(page.events);
      writing.catch(() => undefined);
    }
  } finally {
    fresh += await writing;
  }
  checkpoint.swept(sweep.covers, clock.at(reading.begunAt ?? 0));
  return fresh;
}

function describe({ band, range }: ScheduledSweep, { pages, events }: Reading) {
  const from = new Date(range.start / 1000).toISOString();
  return { band, from, spanMs: (range.end - range.start) / 1000, pages, events };
}
