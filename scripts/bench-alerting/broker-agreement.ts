import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { status } from '../../apps/alerting/test-data.ts';
import { backtest } from '../../apps/api/backtest/backtest.ts';
import { RoleProcess } from '../chaos/role-process.ts';
import { agreementRules, printAgreement } from './agreement.ts';
import { limits } from './live-evaluation.ts';
import { writeRules } from './write-rules.ts';

export interface BrokerAgreementOptions {
  readonly kafka: Kafka;
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly project: string;
  /** Of the lines in `logs`. */
  readonly connections: readonly string[];
  /** Event times of these lines, microseconds, and until when nothing comes any more. */
  readonly range: { readonly from: number; readonly to: number };
}

/**
 * Has the alerting role decide over all lines of a real broker, then runs backtests over the same lines, and prints
 * whether they agree. The topics of alerting must be empty.
 */
export async function printBrokerAgreement(options: BrokerAgreementOptions): Promise<boolean> {
  const { kafka, project, range } = options;
  const rules = agreementRules(project);
  await writeRules(
    kafka,
    rules.map(({ rule }) => rule),
  );
  const alerting = await RoleProcess.create('alerting', 'alerting-agreement', options.env, options.directory);
  alerting.start();
  try {
    await alerting.ready();
    await tellComplete(options);
    const live = await decided(kafka, alerting, rules.length);
    let agreeAll = true;
    for (const rule of rules) {
      const request = { project, rules: [rule], range, connections: [] };
      const found = await backtest(kafka, limits, request, new AbortController().signal);
      const own = live.filter(({ rule_id: id }) => id === rule.rule.id);
      agreeAll = printAgreement('real broker, against the role', rule, found, own) && agreeAll;
    }
    return agreeAll;
  } finally {
    await alerting.stop();
  }
}

async function tellComplete({ kafka, project, connections, range }: BrokerAgreementOptions): Promise<void> {
  const { name: topic, partitions, codec } = topics.connectionStatus;
  const producer = await kafka.producer();
  await producer.send(
    connections.map((id) => ({
      topic,
      partition: partitionFor(id, partitions),
      key: Buffer.from(id),
      value: codec.encode(status(0, { connection_id: id, project_id: project, complete_up_to: range.to })),
    })),
  );
  await producer.close();
}

/** The alerts in the end: when what the statuses speak of is through, all are resolved and nothing more comes. */
async function decided(kafka: Kafka, alerting: RoleProcess, rules: number): Promise<readonly Alert[]> {
  for (;;) {
    const alerts = await newestAlerts(kafka);
    const firing = new Set(alerts.map(({ rule_id: rule }) => rule));
    if (firing.size === rules && alerts.every(({ status: each }) => each === 'resolved')) return alerts;
    if (!alerting.isRunning) throw new Error('alerting ended early');
    await delay(500);
  }
}

async function newestAlerts(kafka: Kafka): Promise<readonly Alert[]> {
  const { name, partitions, codec } = topics.alerts;
  const newest = new Map<string, Alert>();
  for (let partition = 0; partition < partitions; partition += 1) {
    for await (const records of readPartition(kafka, name, partition, new AbortController().signal)) {
      for (const { value } of records) {
        const alert = value && codec.decode(value);
        if (alert) newest.set(alert.id, alert);
      }
    }
  }
  return [...newest.values()];
}
