import { normalise } from '@tailrace/normalise/normalise.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import type { Topology } from '@tailrace/stream/topology.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';

/**
 * Raw events of every cloud to canonical records: live ones to `logs`, what a rewound source reads again to
 * `logs.replayed`. Both keyed by connection, so that a connection's lines keep their order.
 */
export const normaliserTopology: Topology<RawEvent> = {
  group: 'normaliser',
  inputs: Object.values(rawTopics),
  outputs: [topics.logs, topics.logsReplayed],
  processor: () => ({
    process: ({ value: raw, partition, offset }, emit) => {
      const record = normalise(raw, { partition, offset });
      const output = raw.rewind_id === null ? topics.logs : topics.logsReplayed;
      emit(output, raw.connection_id, record, {
        headers: { project: raw.project_id, connection: raw.connection_id },
      });
    },
  }),
};
