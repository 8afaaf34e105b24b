import type { OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { normalise } from '@tailrace/normalise/normalise.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { backtest } from '../../apps/api/backtest/backtest.ts';
import { agreementRules, printAgreement } from './agreement.ts';
import { LiveEvaluation, limits } from './live-evaluation.ts';

const project = 'proj-0';
const batch = 2000;
/** Event time from one round of the same events to the next. */
const roundMicros = 5 * 60_000_000;

export interface BacktestAgreementOptions {
  readonly events: readonly RawEvent[];
  /** Of the log: the events again and again. */
  readonly records: number;
}

/**
 * Backtests over a log in memory, and whether they find what the live evaluator decided on the same records.
 * @returns whether both agree.
 */
export async function printBacktestAgreement(options: BacktestAgreementOptions): Promise<boolean> {
  const kafka = memoryBroker().connect();
  await kafka.admin.createTopics([topics.logs]);
  const producer = await kafka.producer();
  const rules = agreementRules(project);
  const lives = rules.map((each) => new LiveEvaluation([each]));
  const connections = [...new Set(options.events.map(({ connection_id: id }) => id))];
  const begin = options.events[0]?.timestamp ?? 0;
  let end = begin;
  for (const live of lives) live.complete(project, connections, begin);
  let pending: OutgoingRecord[] = [];
  const flush = async () => {
    await producer.send(pending);
    pending = [];
    for (const live of lives) live.settle();
  };
  for (const record of log(options)) {
    pending.push(toOutgoing(record));
    for (const live of lives) live.add(record);
    end = Math.max(end, record.timestamp + 1);
    if (pending.length >= batch) await flush();
  }
  await flush();
  let agreeAll = true;
  for (const [index, live] of lives.entries()) {
    live.complete(project, connections, end);
    const rule = rules[index];
    if (!rule) continue;
    const request = { project, rules: [rule], range: { from: begin, to: end }, connections: [] };
    const found = await backtest(kafka, limits, request, new AbortController().signal);
    agreeAll = printAgreement('a log in memory', rule, found, live.newest.values()) && agreeAll;
  }
  await kafka.close();
  return agreeAll;
}

function* log({ events, records }: BacktestAgreementOptions): Generator<LogRecord> {
  const lines = events.map((event) => normalise({ ...event, project_id: project }, { partition: 0, offset: 0 }));
  for (let index = 0; index < records; index++) {
    const round = Math.floor(index / lines.length);
    const line = lines[index % lines.length];
    if (line) yield { ...line, id: `${line.id}-${round}`, timestamp: line.timestamp + round * roundMicros };
  }
}

function toOutgoing(record: LogRecord): OutgoingRecord {
  const { name: topic, partitions, codec } = topics.logs;
  return {
    topic,
    partition: partitionFor(record.connection_id, partitions),
    key: null,
    value: Buffer.from(codec.encode(record)),
    headers: { project: record.project_id, connection: record.connection_id },
    timestamp: Math.floor(record.timestamp / 1000) + 1000,
  };
}
