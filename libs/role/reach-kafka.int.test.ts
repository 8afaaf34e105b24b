import { randomBytes } from 'node:crypto';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { expect, it } from 'vitest';
import { openTestKafka } from './open-test-kafka.ts';
import { reachKafka } from './reach-kafka.ts';

it.each(['platformatic', 'kafkajs'] as const)(
  'waits while there are fewer brokers than replicas are asked for, and says what to do (%s)',
  async (client) => {
    const kafka = await openTestKafka(`few-${randomBytes(4).toString('hex')}.`, { client });
    const stop = new AbortController();
    const waiting: string[] = [];
    const options = {
      logger: createLogger({ level: 'silent' }),
      signal: stop.signal,
      onWaiting: (reason: string) => {
        waiting.push(reason);
        if (!reason.includes('not answered yet')) stop.abort(new Error('seen enough'));
      },
    };
    const settings = {
      kafkaBrokers: (process.env.TEST_KAFKA_BROKERS ?? '').split(','),
      kafkaReplicationFactor: 9,
      schemaRegistryUrl: undefined,
      topicPrefix: '',
    };
    try {
      await expect(reachKafka(kafka, settings, options)).rejects.toThrow('seen enough');
      expect(waiting.at(-1)).toMatch(/^kafka: creating .*[Rr]eplication.?factor/i);
      expect(waiting.at(-1)).toContain(
        'Start more brokers, or set KAFKA_REPLICATION_FACTOR to the number of brokers at most.',
      );
    } finally {
      await kafka.close();
    }
  },
);
