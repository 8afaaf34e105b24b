import { kafkaConformance } from '../conformance.ts';
import { type MemoryBroker, type MemoryBrokerOptions, memoryBroker } from './memory-broker.ts';

const features = { compressions: [], network: false, broker: false };

for (const rebalanceProtocol of ['eager', 'cooperative'] satisfies MemoryBrokerOptions['rebalanceProtocol'][]) {
  kafkaConformance(`the in-memory broker (${rebalanceProtocol})`, features, async () => {
    const broker: MemoryBroker = memoryBroker({ rebalanceProtocol });
    return {
      connect: async () => broker.connect(),
      crash: (kafka) => broker.crashClient(kafka),
      stall: (kafka) => broker.pauseClient(kafka),
      resume: (kafka) => broker.resumeClient(kafka),
      truncate: async (topic, partition, offset) => broker.truncate(topic, partition, offset),
      close: async () => undefined,
    };
  });
}
