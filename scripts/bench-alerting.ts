import { AlertEvaluator } from '@tailrace/alert-evaluation/alert-evaluator.ts';
import { LineCounter } from '@tailrace/alert-evaluation/line-counter.ts';
import { type CompiledRule, compileRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import { RuleMatcher } from '@tailrace/alert-rules/matching/rule-matcher.ts';
import { ruleKinds } from '@tailrace/alert-rules/rule-kinds.ts';
import type { OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { normalise } from '@tailrace/normalise/normalise.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { AlertState } from '@tailrace/schemas/generated/alert-state.ts';
import { type LogRecord, logRecordCodec } from '@tailrace/schemas/generated/log-record.ts';
import { rawEventCodec } from '@tailrace/schemas/generated/raw-event.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { backtest } from '../apps/api/backtest/backtest.ts';
import { benchEvents } from './bench-events.ts';

/**
 * What alerting costs without a broker's network, in one process on one core: decoding, matching and evaluating records
 * for 1 rule, 1,000 rules of one project and 10,000 of 100 projects, beside the normaliser's work (decode, normalise,
 * encode) on the same events in the same run; then a backtest over a log in memory, and whether it agrees with the live
 * evaluator on the same records. Prints one JSON line each. N events (200,000), ROUNDS (5), BACKTEST records (1,000,000).
 */
const count = Number(process.env.N ?? 200_000);
const rounds = Number(process.env.ROUNDS ?? 5);
const backtestCount = Number(process.env.BACKTEST ?? 1_000_000);
const batch = 2000;
const projects = 100;
const limits = { latenessMs: 3_600_000, maxGroups: 1000, maxAlerts: 1_000_000 };
const position = { partition: 0, offset: 0 };

const events = benchEvents(count);
const raw = events.map((event) => Buffer.from(rawEventCodec.encode(event)));
const records = events.map((event) => normalise(event, position));
const ofOneProject = records.map((record) => ({ ...record, project_id: 'proj-0' }));
const ofManyProjects = records.map((record, index) => ({ ...record, project_id: `proj-${index % projects}` }));

/** The rules of a project as people have them: thresholds by service, patterns, levels. */
function rule(index: number, project: string, changes: Partial<AlertRule> = {}): CompiledRule {
  const kinds = [
    { alert_type: 'error_rate', conditions: { threshold: 50 + (index % 50), window_minutes: 5 } },
    { alert_type: 'pattern_match', conditions: { pattern: `code=${index} .*shard=\\d+`, case_sensitive: false } },
    { alert_type: 'pattern_match', conditions: { pattern: `user:${index}:`, case_sensitive: true } },
    { alert_type: 'log_level', conditions: { log_levels: ['FATAL'] } },
  ] as const;
  const { alert_type, conditions } = kinds[index % kinds.length]!;
  const service = ['checkout', 'payments', 'inventory', 'auth', 'search', 'gateway', 'mailer', 'reports'][index % 8];
  // Of rules that match by level alone, each has a text of its own to look for, as they have in practice.
  const filter = index === 0 || alert_type === 'pattern_match' ? null : { text: `${service} ${index}` };
  const compiled = compileRule(ruleKinds, {
    id: `rule_${project}_${index}`,
    project_id: project,
    name: `Rule ${index}`,
    alert_type,
    severity: 'high',
    enabled: true,
    conditions: JSON.stringify(conditions),
    filter: filter && JSON.stringify(filter),
    group_by: null,
    cooldown_minutes: 15,
    notification_channels: ['in_app'],
    revision: 1,
    version: 1,
    created_at: 0,
    updated_at: 0,
    ...changes,
  });
  if ('problem' in compiled) throw new Error(compiled.problem);
  return compiled;
}

const rulesOf = (project: string, many: number) => Array.from({ length: many }, (_, index) => rule(index, project));

/** Both stages, settled after each batch. */
class Live {
  readonly newest = new Map<string, Alert>();
  readonly #counter: LineCounter;
  readonly #evaluator: AlertEvaluator;

  constructor(rules: readonly CompiledRule[]) {
    const matcher = new RuleMatcher();
    for (const each of rules) matcher.set(each);
    const byId = new Map(rules.map((each) => [each.rule.id, each]));
    this.#counter = new LineCounter({ matcher, since: () => 0 });
    this.#evaluator = new AlertEvaluator({
      ...limits,
      store: new Map<string, AlertState>(),
      rules: byId,
      compile: ({ id }) => byId.get(id),
      now: () => 0,
    });
  }

  add(record: LogRecord): void {
    this.#counter.add(record, position);
  }

  settle(): void {
    for (const counts of this.#counter.take()) this.#evaluator.count(counts);
    this.#evaluator.settle((alert) => this.newest.set(alert.id, alert));
  }

  complete(project: string, connections: readonly string[], upTo: number): void {
    this.#evaluator.progress({
      partition: 0,
      partitions: 1,
      connections: connections.map((connection_id) => ({
        connection_id,
        project_id: project,
        reading: true,
        complete_up_to: upTo,
      })),
    });
    this.#evaluator.settle((alert) => this.newest.set(alert.id, alert));
  }
}

/** Records a second, the median of the rounds after one to warm up. */
function rateOf(work: () => void): number {
  const rates = Array.from({ length: rounds + 1 }, () => {
    const started = performance.now();
    work();
    return (count / (performance.now() - started)) * 1000;
  });
  return rates.slice(1).sort((one, other) => one - other)[Math.floor(rounds / 2)] as number;
}

function alertingRate(rules: readonly CompiledRule[], encoded: readonly Buffer[]): number {
  return rateOf(() => {
    const live = new Live(rules);
    for (const [index, value] of encoded.entries()) {
      live.add(logRecordCodec.decode(value));
      if (index % batch === batch - 1) live.settle();
    }
    live.settle();
  });
}

const encode = (all: readonly LogRecord[]) => all.map((record) => Buffer.from(logRecordCodec.encode(record)));
const inOne = encode(ofOneProject);
const inMany = encode(ofManyProjects);
const allProjects = Array.from({ length: projects }, (_, index) => `proj-${index}`);

const normaliser = rateOf(() => {
  for (const value of raw) logRecordCodec.encode(normalise(rawEventCodec.decode(value), position));
});
const one = alertingRate(rulesOf('proj-0', 1), inOne);
const cases = [
  ['1 rule', one],
  ['1,000 rules of one project', alertingRate(rulesOf('proj-0', 1000), inOne)],
  [
    '10,000 rules of 100 projects',
    alertingRate(
      allProjects.flatMap((project) => rulesOf(project, 100)),
      inMany,
    ),
  ],
] as const;
console.log(JSON.stringify({ what: 'normaliser (decode, normalise, encode)', per_s: Math.round(normaliser) }));
for (const [what, rate] of cases) {
  const ratio = (to: number) => Number((rate / to).toFixed(2));
  console.log(
    JSON.stringify({ what, per_s: Math.round(rate), to_1_rule: ratio(one), to_normaliser: ratio(normaliser) }),
  );
}

/** The same lines again and again, five minutes of event time after each other, in the order of arrival. */
function* longLog(): Generator<LogRecord> {
  for (let index = 0; index < backtestCount; index++) {
    const round = Math.floor(index / count);
    const record = ofOneProject[index % count]!;
    yield { ...record, id: `${record.id}-${round}`, timestamp: record.timestamp + round * 300_000_000 };
  }
}

const kafka = memoryBroker().connect();
await kafka.admin.createTopics([topics.logs]);
const producer = await kafka.producer();
let pending: OutgoingRecord[] = [];
/** One threshold over everything; one for each of some hundred groups, that fires often. */
const rules = [
  rule(0, 'proj-0'),
  rule(0, 'proj-0', {
    id: 'rule_by_stream',
    conditions: JSON.stringify({ threshold: 1, window_minutes: 1 }),
    group_by: 'stream',
    cooldown_minutes: 2,
  }),
];
let [from, to] = [Number.POSITIVE_INFINITY, 0];
const lives = rules.map((each) => new Live([each]));
const connections = [...new Set(ofOneProject.map(({ connection_id: id }) => id))];
for (const live of lives) live.complete('proj-0', connections, events[0]!.timestamp);
for (const record of longLog()) {
  from = Math.min(from, record.timestamp);
  to = Math.max(to, record.timestamp + 1);
  pending.push({
    topic: topics.logs.name,
    partition: partitionFor(record.connection_id, topics.logs.partitions),
    key: null,
    value: Buffer.from(logRecordCodec.encode(record)),
    headers: { project: record.project_id, connection: record.connection_id },
    timestamp: Math.floor(record.timestamp / 1000) + 1000,
  });
  for (const live of lives) {
    live.add(record);
    if (pending.length === batch) live.settle();
  }
  if (pending.length < batch) continue;
  await producer.send(pending);
  pending = [];
}
await producer.send(pending);

const facts = (alerts: Iterable<Alert>) =>
  [...alerts]
    .map(({ group, started_at, resolved_at, value, matched, suppressed, lines }) =>
      JSON.stringify([group, started_at, resolved_at, value, matched, suppressed, lines.map(({ id }) => id)]),
    )
    .sort();
for (const [index, live] of lives.entries()) {
  live.settle();
  live.complete('proj-0', connections, to);
  const compiled = rules[index]!;
  const request = { project: 'proj-0', rules: [compiled], range: { from, to }, connections: [] };
  const found = await backtest(kafka, limits, request, new AbortController().signal);
  const [inBacktest, inLive] = [facts(found.rules[0]?.alerts() ?? []), facts(live.newest.values())];
  const agrees = JSON.stringify(inBacktest) === JSON.stringify(inLive);
  console.log(
    JSON.stringify({
      what: `backtest over a log in memory${compiled.rule.group_by === null ? '' : ', grouped'}`,
      records: found.read.records,
      seconds: Number(found.read.seconds.toFixed(2)),
      per_s: Math.round(found.read.records / found.read.seconds),
      alerts: inBacktest.length,
      live_alerts: inLive.length,
      agrees,
    }),
  );
  if (!agrees) process.exitCode = 1;
}
await kafka.close();
