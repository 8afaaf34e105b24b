import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { type RoleRun, resetTopics, runOverTopic } from '../bench-normaliser/role-run.ts';
import { writeRawEvents } from '../bench-normaliser/write-raw-events.ts';
import { startKafka } from '../dev-stack/kafka/kafka.ts';
import { benchRules } from './bench-rules.ts';
import { printBrokerAgreement } from './broker-agreement.ts';
import { writeRules } from './write-rules.ts';

const project = 'proj-0';
/** Event time from one round of the same events to the next. */
const roundMicros = 5 * 60_000_000;
/** After the last line, so that every alert is over. */
const quietMicros = 2 * 3_600_000_000;

export interface BrokerRatesOptions {
  readonly events: readonly RawEvent[];
  /** Of the topic: the events again and again. */
  readonly records: number;
  readonly rounds: number;
}

interface Rig extends BrokerRatesOptions {
  readonly kafka: Kafka;
  readonly brokers: string;
  readonly topicPrefix: string;
  readonly directory: string;
}

/**
 * The alerting role beside the normaliser on a real broker, one after the other in each round, both in transactions: the
 * normaliser over raw events, then alerting, both stages in one process, over the lines that it made. Before that, backtests
 * over these lines beside what the role decided. @returns whether these agree.
 */
export async function printBrokerRates(options: BrokerRatesOptions): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-alerting-'));
  const broker = await startKafka({
    directory: join(directory, 'kafka'),
    environment: process.env,
    report: (line) => console.error(line),
  });
  const topicPrefix = `bench-${randomBytes(4).toString('hex')}-`;
  const logger = createLogger({ level: 'warn' });
  const kafka = await openKafka({ brokers: broker.brokers.split(','), topicPrefix, logger });
  const rig = { ...options, kafka, brokers: broker.brokers, topicPrefix, directory };
  try {
    await kafka.admin.createTopics(Object.values(topics));
    const block = options.events.map((event) => ({ ...event, project_id: project }));
    await writeRawEvents(kafka, { block, count: options.records, roundMicros });
    await runNormaliser(rig);
    // Before any other run: nothing is left of one in the topics and groups of alerting.
    const agrees = await printAgreementOver(rig);
    const rates = new Map<string, number[]>();
    for (let round = 1; round <= options.rounds; round++) {
      for (const [what, run] of runs(rig)) {
        const result = await run();
        rates.set(what, [...(rates.get(what) ?? []), result.committedPerSecond]);
        print({ what, round, records: options.records, ...result });
      }
    }
    const [normaliser = 1, ...others] = [...rates.values()].map(medianOf);
    for (const [index, what] of [...rates.keys()].slice(1).entries()) {
      const rate = others[index] ?? 0;
      print({ what, median_per_s: rate, to_normaliser: Number((rate / normaliser).toFixed(2)) });
    }
    return agrees;
  } finally {
    await kafka.admin.deleteTopics(Object.values(topics).map(({ name }) => name));
    await kafka.close();
    await broker.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function runs(rig: Rig): readonly (readonly [what: string, run: () => Promise<RoleRun & { alerts?: number }>])[] {
  const others = Array.from({ length: 99 }, (_, index) => benchRules(`proj-${index + 1}`, 100)).flat();
  return [
    ['normaliser', () => runNormaliser(rig)],
    ['alerting, 1 rule', () => runAlerting(rig, benchRules(project, 1))],
    ['alerting, 1,000 rules of one project', () => runAlerting(rig, benchRules(project, 1000))],
    ['alerting, 10,000 rules of 100 projects', () => runAlerting(rig, [...benchRules(project, 100), ...others])],
  ];
}

async function runNormaliser(rig: Rig): Promise<RoleRun> {
  await resetTopics(rig.kafka, [topics.logs], [{ group: 'normaliser', input: topics.rawAws.name }]);
  return runOverTopic({ ...processOf(rig), role: 'normaliser', group: 'normaliser', input: topics.rawAws.name });
}

async function runAlerting(rig: Rig, rules: readonly AlertRule[]): Promise<RoleRun & { alerts: number }> {
  const { kafka } = rig;
  await resetAlerting(kafka);
  await writeRules(kafka, rules);
  const input = topics.logs.name;
  const run = await runOverTopic({ ...processOf(rig), role: 'alerting', group: 'alert-matching', input });
  const ends = await kafka.admin.offsets(topics.alerts.name, 'last_stable');
  const alerts = ends.reduce((sum, end) => sum + end, 0);
  // Who finds nothing is quick.
  if (alerts === 0) throw new Error('no rule has fired');
  return { ...run, alerts };
}

async function printAgreementOver(rig: Rig): Promise<boolean> {
  const { kafka, events, records } = rig;
  await resetAlerting(kafka);
  const times = events.map(({ timestamp }) => timestamp);
  const rounds = Math.ceil(records / events.length);
  const range = {
    from: times.reduce((least, time) => Math.min(least, time)),
    to: times.reduce((most, time) => Math.max(most, time)) + rounds * roundMicros + quietMicros,
  };
  const connections = [...new Set(events.map(({ connection_id: id }) => id))];
  return printBrokerAgreement({ ...processOf(rig), project, connections, range });
}

async function resetAlerting(kafka: Kafka): Promise<void> {
  const own = [topics.alertRules, topics.connectionStatus, topics.alertPartials, topics.alertState, topics.alerts];
  await resetTopics(kafka, own, [
    { group: 'alert-matching', input: topics.logs.name },
    { group: 'alert-evaluation', input: topics.alertPartials.name },
  ]);
}

function processOf({ kafka, brokers, topicPrefix, directory }: Rig) {
  const env = { KAFKA_BROKERS: brokers, TOPIC_PREFIX: topicPrefix, LOG_LEVEL: 'warn' };
  return { kafka, processes: 1, directory, env };
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

function print(result: object): void {
  console.log(JSON.stringify({ bench: 'alerting', where: 'real broker', ...result }));
}
