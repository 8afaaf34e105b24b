import { FairQueue } from '@tailrace/http/limits/fair-queue.ts';

/** The places for what takes long, each kind's own, shared out among projects and tokens. */
export interface Shares {
  /** Statements on stored lines and alerts: a place is a connection of the pool. */
  readonly searches: FairQueue;
  /** Readings of single places of Kafka: raw events, dead letters. */
  readonly readings: FairQueue;
  /** Putting dead letters back: one process writes them one transaction after the other. */
  readonly letterReplays: FairQueue;
  readonly backtests: FairQueue;
  /** Tests of connections and channels, which wait for somebody else. */
  readonly trials: FairQueue;
}

export interface ShareLimits {
  /** Connections of the pool that is searched. */
  readonly databaseConnections: number;
  readonly searchTimeoutMs: number;
  readonly backtestsAtOnce: number;
  readonly onRefused: (work: string) => void;
}

const readingsAtOnce = 8;
const trialsAtOnce = 40;
const trialsOfProject = 5;
/** How long a caller waits for a place among the backtests: each may take minutes. */
const backtestPatienceMs = 30_000;
const backtestRetrySeconds = 10;

/** Opens the queues of one process. */
export function openShares({ databaseConnections, searchTimeoutMs, backtestsAtOnce, onRefused }: ShareLimits): Shares {
  const refusing = (work: string) => () => onRefused(work);
  // One is left for looking whether the database answers.
  const searchesAtOnce = Math.max(1, databaseConnections - 1);
  return {
    searches: new FairQueue({
      plural: 'searches',
      atOnce: searchesAtOnce,
      waiting: searchesAtOnce * 10,
      patienceMs: searchTimeoutMs,
      onRefused: refusing('searches'),
    }),
    readings: new FairQueue({
      plural: 'readings',
      atOnce: readingsAtOnce,
      waiting: readingsAtOnce * 10,
      patienceMs: searchTimeoutMs,
      onRefused: refusing('readings'),
    }),
    letterReplays: new FairQueue({
      plural: 'replays of dead letters',
      atOnce: 2,
      perProject: 1,
      patienceMs: searchTimeoutMs,
      onRefused: refusing('letter_replays'),
    }),
    backtests: new FairQueue({
      plural: 'backtests',
      atOnce: backtestsAtOnce,
      perProject: 1,
      waiting: backtestsAtOnce * 8,
      patienceMs: backtestPatienceMs,
      retryAfterSeconds: backtestRetrySeconds,
      onRefused: refusing('backtests'),
    }),
    trials: new FairQueue({
      plural: 'tests',
      atOnce: trialsAtOnce,
      perProject: trialsOfProject,
      perSubject: trialsOfProject,
      waiting: 0,
      onRefused: refusing('tests'),
    }),
  };
}
