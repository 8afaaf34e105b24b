import { createTestDatabase } from '@tailrace/postgres/test-database.ts';
import type { DevServer } from '../dev-stack/dev-server.ts';
import type { DevStack } from '../dev-stack/dev-stack.ts';

/** The servers of the test run (`scripts/testing/test-stack.ts`), with a database of its own, which goes when this is stopped. */
export async function shareTestServers(): Promise<DevStack> {
  const brokers = process.env.TEST_KAFKA_BROKERS;
  if (brokers === undefined) throw new Error('TEST_KAFKA_BROKERS is not set: run this test by vitest’s e2e project');
  const database = await createTestDatabase();
  return {
    kafka: { ...given, brokers },
    postgres: { ...given, databaseUrl: database.url },
    stop: () => database.drop(),
  };
}

const refuse = () =>
  Promise.reject(new Error('the servers of the test run are shared: a test that stops one starts its own'));
const given: DevServer = {
  choice: 'the servers of the test run',
  owned: false,
  kill9: refuse,
  restart: refuse,
  stop: () => Promise.resolve(),
};
