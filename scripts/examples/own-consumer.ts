import { leastSeverity } from '@tailrace/log-record/level.ts';
import { type LogRecord, logRecordCodec } from '@tailrace/schemas/generated/log-record.ts';
import type { Topology } from '@tailrace/stream/processing/topology.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** Where the errors go: a topic of the consumer's own, with records as they stand in `logs`. */
export const errorLogs: TopicSpec<LogRecord> = {
  name: 'errors',
  kind: 'stream',
  partitions: 3,
  codec: logRecordCodec,
  config: { 'cleanup.policy': 'delete', 'retention.ms': '604800000', 'max.message.bytes': '4194304' },
};

/**
 * An own consumer as a value: every record of `logs` that is an error goes to a topic of its own, keyed by service,
 * exactly once. `runProcessor(errorsOnly, { kafka, logger, metrics })` runs it; more processes share the work.
 */
export const errorsOnly: Topology<LogRecord> = {
  group: 'errors-only',
  inputs: [topics.logs],
  outputs: [errorLogs],
  processor: () => ({
    process: ({ value: record }, emit) => {
      if (record.severity_number < leastSeverity('error')) return;
      emit(errorLogs, record.resource['service.name'] ?? record.stream, record);
    },
  }),
};
