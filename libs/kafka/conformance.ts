import { describe } from 'vitest';
import { describeBrokerFaults } from './conformance/broker-faults.ts';
import { fixture } from './conformance/fixture.ts';
import { describeGroups } from './conformance/groups.ts';
import { describeLimits } from './conformance/limits.ts';
import { describeReading } from './conformance/reading.ts';
import { describeReadingProgress } from './conformance/reading-progress.ts';
import type { KafkaFeatures, KafkaSystem } from './conformance/system.ts';
import { describeTopics } from './conformance/topics.ts';
import { describeTransactionFailures } from './conformance/transaction-failures.ts';
import { describeTransactionOffsets } from './conformance/transaction-offsets.ts';
import { describeTransactions } from './conformance/transactions.ts';

/**
 * What every implementation of `Kafka` must do, each trap of known clients included. `setup` is called once; the
 * system is closed at the end. Tests of what a system does not have (`KafkaFeatures`) are not made, so that none is
 * counted as passed.
 */
export function kafkaConformance(name: string, features: KafkaFeatures, setup: () => Promise<KafkaSystem>): void {
  describe(`Kafka as spoken by ${name}`, () => {
    const kafka = fixture(setup);
    describeTopics(kafka);
    describeReading(kafka, features);
    describeReadingProgress(kafka, features);
    describeLimits(kafka, features);
    describeTransactions(kafka);
    describeTransactionOffsets(kafka);
    describeTransactionFailures(kafka, features);
    describeGroups(kafka);
    if (features.broker) describeBrokerFaults(kafka);
  });
}
