import { startKafka } from '../../../scripts/dev-stack/kafka/kafka.ts';
import { freePort } from '../../../scripts/dev-stack/ports.ts';
import { brokerSystem } from '../conformance/broker-system.ts';
import { kafkaConformance } from '../conformance.ts';

kafkaConformance(
  'kafkajs',
  {
    compressions: ['zstd', 'gzip', 'lz4', 'snappy', 'none'],
    network: true,
    broker: true,
    peer: { name: 'platformatic', compressions: ['zstd', 'gzip', 'lz4', 'snappy', 'none'] },
  },
  () => brokerSystem({ client: 'kafkajs', peer: 'platformatic', startKafka, freePort }),
);
