import { describe } from 'vitest';
import { startKafka } from '../../../../scripts/dev-stack/kafka/kafka.ts';
import { freePort } from '../../../../scripts/dev-stack/ports.ts';
import { brokerSystem } from '../../conformance/broker-system.ts';
import { fixture } from '../../conformance/fixture.ts';
import { describeTransactionFailures } from '../../conformance/transaction-failures.ts';
import { describeTransactionOffsets } from '../../conformance/transaction-offsets.ts';
import { describeTransactions } from '../../conformance/transactions.ts';

/** The same transactions on a cluster without KIP-890's, where this driver adds partitions and groups itself. */
describe('Kafka as spoken by platformatic before KIP-890', () => {
  const kafka = fixture(() =>
    brokerSystem({ client: 'platformatic', peer: 'kafkajs', startKafka, freePort, transactionVersion: 1 }),
  );
  describeTransactions(kafka);
  describeTransactionOffsets(kafka);
  describeTransactionFailures(kafka, { compressions: [], network: true, broker: true });
});
