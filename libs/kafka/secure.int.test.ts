import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateFor } from '@tailrace/cloud-simulator/wire/certificate.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLocalKafka } from '../../scripts/dev-stack/kafka/local-kafka.ts';
import { choosePort } from '../../scripts/dev-stack/ports.ts';
import { expectValues } from './conformance/fixture.ts';
import { addScramUser, withSecureListener } from './conformance/secure-listener.ts';
import { record } from './conformance/system.ts';
import type { Kafka } from './kafka.ts';
import { type KafkaOptions, openKafka } from './open-kafka.ts';

/**
 * TLS and SASL against a real broker's listener. The broker is run by Java even where a container engine is: a container
 * publishes the port of its plain listener only.
 */
describe('a broker that asks for TLS and SASL', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tailrace-secure-kafka-'));
  const password = `pass-${randomUUID()}`;
  let stop = async () => {};
  let port = 0;
  let ca = '';

  beforeAll(async () => {
    const certificate = await certificateFor('127.0.0.1');
    ca = certificate.ca;
    port = await choosePort(join(directory, 'secure.port'), 0);
    const kafka = await startLocalKafka({
      directory,
      environment: process.env,
      report: () => undefined,
      adaptProperties: (properties) =>
        withSecureListener(properties, { directory, port, certificate, plainUsers: { alice: password } }),
    });
    if ('unavailable' in kafka) throw new Error(`this test needs Java: ${kafka.unavailable}`);
    stop = () => kafka.stop();
    await addScramUser(Number(kafka.brokers.split(':').at(-1)), 'bob', password);
  });
  afterAll(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const logger = createLogger({ level: 'silent' });
  const opened: Kafka[] = [];
  afterAll(() => Promise.all(opened.map((kafka) => kafka.close())));

  async function open(options: Partial<KafkaOptions>): Promise<Kafka> {
    const brokers = [`127.0.0.1:${port}`];
    const kafka = await openKafka({
      brokers,
      topicPrefix: `${randomUUID()}.`,
      logger,
      ...options,
    });
    opened.push(kafka);
    return kafka;
  }

  async function refusal(options: Partial<KafkaOptions>): Promise<Error & { code?: string }> {
    const kafka = await open({ retryTimeoutMs: 3000, ...options });
    const error = await kafka.admin.describeCluster().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof Error)) throw new Error('it was let in');
    return error;
  }

  for (const client of ['platformatic', 'kafkajs'] as const) {
    describe(`seen by ${client}`, () => {
      for (const [mechanism, username] of [
        ['PLAIN', 'alice'],
        ['SCRAM-SHA-256', 'bob'],
        ['SCRAM-SHA-512', 'bob'],
      ] as const) {
        test(`lets ${mechanism} in, on every kind of connection`, async () => {
          const kafka = await open({ client, tls: { ca }, sasl: { mechanism, username, password } });
          const codec = { name: 'bytes', encode: (value: Buffer) => value, decode: (value: Buffer) => value };
          await kafka.admin.createTopics([{ name: 't', kind: 'stream', partitions: 1, config: {}, codec }]);
          const transaction = (await kafka.transactionalProducer('x')).begin();
          await transaction.send([record('t', 0, 'secret')]);
          await transaction.commit();
          await expectValues(kafka, 't', ['secret']);
        });
      }

      test('says that the password is wrong, and not which', async () => {
        const wrong = `wrong-${randomUUID()}`;
        for (const [mechanism, username] of [
          ['PLAIN', 'alice'],
          ['SCRAM-SHA-512', 'bob'],
        ] as const) {
          const error = await refusal({ client, tls: { ca }, sasl: { mechanism, username, password: wrong } });
          expect(error).toMatchObject({ code: 'kafka.authentication_failed', remedy: 'give-up' });
          expect(error.message).not.toContain(wrong);
        }
      });

      test('is not trusted with another authority', async () => {
        const sasl = { mechanism: 'PLAIN', username: 'alice', password } as const;
        const other = await certificateFor('127.0.0.1');
        expect(await refusal({ client, tls: { ca: other.ca }, sasl })).toMatchObject({ code: 'kafka.tls_failed' });
        expect(await refusal({ client, tls: {}, sasl })).toMatchObject({ code: 'kafka.tls_failed' });
      });
    });
  }
});
