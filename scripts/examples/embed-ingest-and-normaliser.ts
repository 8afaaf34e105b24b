import { loadSettings } from '@tailrace/config/environment.ts';
import { settings as ingestSettings } from '@tailrace/ingest/config.ts';
import { start as startIngest } from '@tailrace/ingest/start.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { settings as normaliserSettings } from '@tailrace/normaliser/config.ts';
import { start as startNormaliser } from '@tailrace/normaliser/start.ts';
import type { Extensions } from '@tailrace/role/extensions.ts';
import type { RunningRole } from '@tailrace/role/role.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { topics } from '@tailrace/topics/topics.ts';

/**
 * Runs ingest and normaliser inside another program: from the clouds to canonical records in `logs`, without HTTP and
 * without a database. The program brings the Kafka client, and may bring kinds of sources and parsers of its own.
 *
 * @param env the roles' settings, such as CREDENTIAL_ENCRYPTION_KEY, by the names that docs/configuration.md lists.
 * @returns what stops both, ingest first.
 */
export async function embed(
  kafka: Kafka,
  env: Readonly<Record<string, string>>,
  extensions: Extensions,
): Promise<{ readonly roles: readonly RunningRole[]; stop(): Promise<void> }> {
  await kafka.admin.createTopics(Object.values(topics));
  const deps = { kafka, logger: createLogger({ level: 'warn' }), metrics: new Metrics(), extensions };
  const ingest = await startIngest(loadSettings(ingestSettings, env), deps);
  const normaliser = await startNormaliser(loadSettings(normaliserSettings, env), deps);
  return {
    roles: [ingest, normaliser],
    stop: async () => {
      await ingest.stop();
      await normaliser.stop();
    },
  };
}
