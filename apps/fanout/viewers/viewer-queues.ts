import { FairQueue } from '@tailrace/http/limits/fair-queue.ts';

/** What viewers share with all others of the process, in turn. */
export interface ViewerQueues {
  /** Places for ranges that are fetched. Held as long as a viewer takes its lines, so they are each project's own. */
  readonly fetches: FairQueue;
  /** Places at Kafka, held for the time of an answer: for looking up positions and for each piece of the past. */
  readonly turns: FairQueue;
}

const fetchesOfProject = 16;
const fetchesOfToken = 4;
const turnsAtOnce = 8;

/** @param maxViewers of the process: each fetches one range at a time at most, and catches up with one. */
export function viewerQueues(maxViewers: number, onFetchRefused: () => void = () => undefined): ViewerQueues {
  const most = 2 * maxViewers;
  return {
    fetches: new FairQueue({
      plural: 'fetches',
      atOnce: maxViewers,
      perProject: fetchesOfProject,
      perSubject: fetchesOfToken,
      waiting: maxViewers,
      onRefused: onFetchRefused,
    }),
    // None is refused: what waits here is bounded by the viewers, and one that comes back must be able to catch up.
    turns: new FairQueue({
      plural: 'reads of the past',
      atOnce: turnsAtOnce,
      waiting: most,
      waitingPerProject: most,
      waitingPerSubject: most,
    }),
  };
}
