import { chooseServer, type Way } from '../choose-server.ts';
import type { DevKafka, DevServerOptions } from '../dev-server.ts';
import { useGivenServer } from '../given-server.ts';
import { startKafkaContainer } from './kafka-container.ts';
import { startLocalKafka } from './local-kafka.ts';

const WAYS: readonly Way<DevKafka>[] = [useGivenKafka, startKafkaContainer, startLocalKafka];

/**
 * Finds or starts a Kafka: `KAFKA_BROKERS`, else a container, else Apache Kafka run by Java.
 * @throws {TailraceError} when none can be had, or the one chosen does not start
 */
export function startKafka(options: DevServerOptions): Promise<DevKafka> {
  const help = `Install Java 17 or later and Maven, or a container engine such as Docker or Podman, or set KAFKA_BROKERS to a Kafka that runs already.`;
  return chooseServer('Kafka', WAYS, help, options);
}

async function useGivenKafka({ environment }: DevServerOptions) {
  const brokers = environment.KAFKA_BROKERS;
  if (!brokers) return { unavailable: 'KAFKA_BROKERS is not set' };
  const addresses = brokers.split(',').map((address) => address.trim());
  return { ...(await useGivenServer('KAFKA_BROKERS', addresses)), brokers };
}
