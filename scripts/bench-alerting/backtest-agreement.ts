import type { OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { normalise } from '@tailrace/normalise/normalise.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { backtest } from '../../apps/api/backtest/backtest.ts';
import { benchRules } from './bench-rules.ts';
import { compileAll, LiveEvaluation, limits } from './live-evaluation.ts';

const project = 'proj-0';
const batch = 2000;

export interface BacktestAgreementOptions {
  readonly events: readonly RawEvent[];
  /** Of the log: the events again and again, five minutes of event time after each other. */
  readonly records: number;
}

/**
 * Backtests over a log in memory, and whether they find what the live evaluator decided on the same records: of a
 * threshold over everything, and of one for each of some hundred groups, which fires often.
 * @returns whether both agree.
 */
export async function printBacktestAgreement(options: BacktestAgreementOptions): Promise<boolean> {
  const kafka = memoryBroker().connect();
  await kafka.admin.createTopics([topics.logs]);
  const producer = await kafka.producer();
  const [plain] = benchRules(project, 1);
  if (!plain) throw new Error('one was asked for');
  const conditions = JSON.stringify({ threshold: 1, window_minutes: 1 });
  const rules = compileAll([
    plain,
    { ...plain, id: 'rule_by_stream', conditions, group_by: 'stream', cooldown_minutes: 2 },
  ]);
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
    const [inBacktest, inLive] = [facts(found.rules[0]?.alerts() ?? []), facts(live.newest.values())];
    const agrees = JSON.stringify(inBacktest) === JSON.stringify(inLive);
    agreeAll &&= agrees;
    console.log(
      JSON.stringify({
        bench: 'alerting',
        what: `backtest over a log in memory${rule.rule.group_by === null ? '' : ', grouped'}`,
        records: found.read.records,
        seconds: Number(found.read.seconds.toFixed(2)),
        per_s: Math.round(found.read.records / found.read.seconds),
        alerts: inBacktest.length,
        live_alerts: inLive.length,
        agrees,
      }),
    );
  }
  await kafka.close();
  return agreeAll;
}

function* log({ events, records }: BacktestAgreementOptions): Generator<LogRecord> {
  const lines = events.map((event) => normalise({ ...event, project_id: project }, { partition: 0, offset: 0 }));
  for (let index = 0; index < records; index++) {
    const round = Math.floor(index / lines.length);
    const line = lines[index % lines.length];
    if (line) yield { ...line, id: `${line.id}-${round}`, timestamp: line.timestamp + round * 300_000_000 };
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

/** What alerts say, without what depends on when they were evaluated. */
function facts(alerts: Iterable<Alert>): string[] {
  return [...alerts]
    .map(({ group, started_at, resolved_at, value, matched, suppressed, lines }) =>
      JSON.stringify([group, started_at, resolved_at, value, matched, suppressed, lines.map(({ id }) => id)]),
    )
    .sort();
}
