import {
  type NormaliseEvent,
  normaliserProcessor,
  normaliserTopologyOf,
} from '@tailrace/normalise/normaliser-topology.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import type { RecordProcessor, TaskContext, Topology } from '@tailrace/stream/processing/topology.ts';
import type { ConnectionMetrics } from './connection-metrics.ts';
import { ConnectionTally } from './connection-tally.ts';

type Counters = Pick<ConnectionMetrics, 'add' | 'release'>;

/** The live normaliser, which also counts, once a batch, how many lines of each connection were understood. */
export function countingTopology(normalise: NormaliseEvent, counters: Counters): Topology<RawEvent> {
  return { ...normaliserTopologyOf(normalise), processor: (task) => countingProcessor(normalise, counters, task) };
}

function countingProcessor(
  normalise: NormaliseEvent,
  counters: Counters,
  { ended }: TaskContext,
): RecordProcessor<RawEvent> {
  const tally = new ConnectionTally();
  const seen = new Set<string>();
  let normalised: LogRecord | undefined;
  const base = normaliserProcessor((raw, position, options) => {
    normalised = normalise(raw, position, options);
    return normalised;
  });
  ended.addEventListener('abort', () => counters.release(seen), { once: true });
  return {
    process: (input, emit) => {
      base.process(input, emit);
      if (normalised !== undefined) tally.count(normalised);
    },
    finish: () => {
      for (const counted of tally.take()) {
        seen.add(counted.connectionId);
        counters.add(counted);
      }
    },
  };
}
