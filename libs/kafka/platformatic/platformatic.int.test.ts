import { startKafka } from '../../../scripts/dev-stack/kafka/kafka.ts';
import { freePort } from '../../../scripts/dev-stack/ports.ts';
import { brokerSystem } from '../conformance/broker-system.ts';
import { kafkaConformance } from '../conformance.ts';

kafkaConformance(
  'platformatic',
  {
    compressions: ['zstd', 'gzip', 'lz4', 'snappy', 'none'],
    network: true,
    broker: true,
    peer: { name: 'kafkajs', compressions: ['zstd', 'gzip', 'none'] },
  },
  () => brokerSystem({ client: 'platformatic', peer: 'kafkajs', startKafka, freePort }),
);
