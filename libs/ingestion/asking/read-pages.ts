import type { Page, TimeRange } from '../contract/connector.ts';
import type { RequestContext } from '../running/run-context.ts';
import { monotonicMicros } from './provider-clock.ts';
import { within } from './within.ts';

/** A connector's own time-out fires first and says more. */
const timeoutGraceMs = 1000;

/** What a reading has seen so far, also when it fails. */
export interface Reading {
  /** When its first request began, by `monotonicMicros`. */
  begunAt: number | undefined;
  pages: number;
  events: number;
  /** Time that its answers took, without the waits for a turn; milliseconds. */
  answeringMs: number;
}

export function freshReading(): Reading {
  return { begunAt: undefined, pages: 0, events: 0, answeringMs: 0 };
}

/**
 * The pages of one sweep, each request in its turn by the limiter and within its time. Whatever ends it early cancels
 * the request under way.
 */
export async function* readPages(
  context: RequestContext,
  range: TimeRange,
  urgent: boolean,
  reading: Reading,
): AsyncGenerator<Page> {
  const { source, configured, clock, limiter, report, metrics, logger, signal } = context;
  const timeoutMs = configured.settings.request_timeout_ms + timeoutGraceMs;
  const ended = new AbortController();
  const pages = source.sweep(range, AbortSignal.any([signal, ended.signal]))[Symbol.asyncIterator]();
  const request = async () => {
    const began = monotonicMicros();
    reading.begunAt ??= began;
    const result = await within(pages.next(), signal, timeoutMs);
    if (result.done) return undefined;
    const tookMicros = monotonicMicros() - began;
    reading.answeringMs += tookMicros / 1000;
    metrics.request(tookMicros / 1_000_000);
    if (result.value.providerTime !== undefined) clock.observe(result.value.providerTime);
    return result.value;
  };
  try {
    for (;;) {
      const hasTurn = report.awaitsTurn(limiter.limitInWords);
      const inTurn = () => {
        hasTurn();
        return request();
      };
      const counts = (answer: Page | undefined) => answer !== undefined;
      const page = await limiter.run(inTurn, { urgent, signal, counts }).finally(hasTurn);
      if (page === undefined) return;
      report.statistics.requests += 1;
      reading.pages += 1;
      reading.events += page.events.length;
      logger.debug({ page: reading.pages, events: page.events.length }, 'page read');
      yield page;
      if (page.last === true) return;
    }
  } finally {
    ended.abort();
    // Not awaited: a source that hangs must not hang us.
    Promise.resolve(pages.return?.()).catch(() => undefined);
  }
}
