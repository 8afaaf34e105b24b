import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import type { RecordProcessor, Topology } from '@tailrace/stream/processing/topology.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import { type Normalise, normalise } from './normalise.ts';

/** What makes a canonical record of a raw event: a `normaliserOf`, or what a test puts in its place. */
export type NormaliseEvent = Normalise;

/**
 * Raw events of every cloud to canonical records: live ones to `logs`, what a rewound source or a replay reads again to
 * `logs.replayed`. Both keyed by connection, so that a connection's lines keep their order.
 *
 * @param replayId the replay that reads; left out, the raw event's own mark decides.
 */
export function normaliserProcessor(normaliseEvent: NormaliseEvent, replayId?: string): RecordProcessor<RawEvent> {
  const options = replayId === undefined ? {} : { replayId };
  return {
    process: ({ value: raw, partition, offset }, emit) => {
      const record = normaliseEvent(raw, { partition, offset }, options);
      emit(record.replay_id === null ? topics.logs : topics.logsReplayed, raw.connection_id, record, {
        headers: { project: raw.project_id, connection: raw.connection_id },
      });
    },
  };
}

/** The live normaliser without rules of connections. A replay runs the same processor over a range of the past. */
export const normaliserTopology: Topology<RawEvent> = normaliserTopologyOf(normalise);

/** The live normaliser. @param normaliseEvent such as that of a `ParsingBook`, with the rules of each connection */
export function normaliserTopologyOf(normaliseEvent: NormaliseEvent): Topology<RawEvent> {
  return {
    group: 'normaliser',
    inputs: Object.values(rawTopics),
    outputs: [topics.logs, topics.logsReplayed],
    processor: () => normaliserProcessor(normaliseEvent),
  };
}
