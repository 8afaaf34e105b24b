import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startDevStack } from '../dev-stack/dev-stack.ts';
import { identityOf } from '../dev-stack/process-identity.ts';

/** Every test run has a folder here, named after its process, with fresh servers. */
const TEST_RUNS = join(import.meta.dirname, '../..', '.tailrace', 'test-runs');

/**
 * Vitest's global set-up of the tests that need real servers: one Kafka and one PostgreSQL for the whole run, whose
 * addresses the tests read from the environment, `TEST_KAFKA_BROKERS` and `TEST_DATABASE_URL`. When both are set already
 * (by a person, or by the set-up of another project in this run), those servers are used.
 * A test that kills or restarts a server starts an own one: `startKafka` and `startPostgres` in `dev-stack/`.
 */
export default async function setUpTestStack(): Promise<(() => Promise<void>) | undefined> {
  const { TEST_KAFKA_BROKERS: kafkaBrokers, TEST_DATABASE_URL: databaseUrl } = process.env;
  if (kafkaBrokers && databaseUrl) return undefined;
  for (const name of ['DATABASE_URL', 'KAFKA_BROKERS']) {
    if (!process.env[name] || process.env[`TEST_${name}`]) continue;
    console.log(
      `${name} is not used by tests, which create and drop databases and topics: TEST_${name} names a server for them.`,
    );
  }
  removeAbandonedRuns();
  const directory = mkdtempSync(join(TEST_RUNS, `${process.pid}-`));
  const stack = await startDevStack({
    directory,
    environment: { ...process.env, KAFKA_BROKERS: kafkaBrokers, DATABASE_URL: databaseUrl },
    report: (line) => console.log(line),
    customaryPorts: false,
  });
  process.env.TEST_KAFKA_BROKERS = stack.kafka.brokers;
  process.env.TEST_DATABASE_URL = stack.postgres.databaseUrl;
  return async () => {
    await stack.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}

/** A run that was killed could not remove its folder; its servers were stopped by their guards. */
function removeAbandonedRuns(): void {
  mkdirSync(TEST_RUNS, { recursive: true });
  for (const run of readdirSync(TEST_RUNS)) {
    if (identityOf(Number.parseInt(run, 10)) === undefined)
      rmSync(join(TEST_RUNS, run), { recursive: true, force: true });
  }
}
