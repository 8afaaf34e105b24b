import type { kafkaSettings } from '@tailrace/config/shared-settings.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { type KafkaOptions, openKafka } from '@tailrace/kafka/open-kafka.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { output } from 'zod';

type Settings = output<typeof kafkaSettings>;

/** Opens the client that the settings name. Connects to nobody yet. @param timeouts for who cannot wait long. */
export function openKafkaClient(
  settings: Settings,
  clientId: string,
  logger: Logger,
  timeouts: Pick<KafkaOptions, 'requestTimeoutMs' | 'retryTimeoutMs'> = {},
): Promise<Kafka> {
  return openKafka({
    brokers: settings.kafkaBrokers,
    client: settings.kafkaClient,
    topicPrefix: settings.topicPrefix,
    compression: settings.kafkaCompression,
    clientId,
    logger,
    ...timeouts,
    ...(settings.kafkaTls ? { tls: {} } : {}),
    ...saslOf(settings),
  });
}

function saslOf({ kafkaSaslMechanism, kafkaSaslUsername, kafkaSaslPassword }: Settings) {
  if (kafkaSaslMechanism === undefined) return {};
  const username = kafkaSaslUsername ?? '';
  return { sasl: { mechanism: kafkaSaslMechanism, username, password: kafkaSaslPassword?.reveal() ?? '' } };
}
