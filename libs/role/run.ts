import { SettingsError } from '@tailrace/config/environment.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import type { Extensions } from './extensions.ts';
import type { RoleDefinition } from './role-definition.ts';
import { type RunningProcess, startRoles } from './start-roles.ts';

/**
 * Runs roles as this process until SIGTERM or SIGINT, then lets them finish. Exits 0 after an orderly stop, 1 when a role
 * failed or the stop took too long, 2 when the configuration cannot be used. A second signal exits at once.
 *
 * @param extensions what the installation brings besides what Tailrace comes with.
 */
export async function runRoles(roles: readonly RoleDefinition[], extensions?: Extensions): Promise<never> {
  const signalled = Promise.withResolvers<NodeJS.Signals>();
  // From the first moment: who asks for a stop while it starts gets an orderly one too.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      signalled.resolve(signal);
      process.once(signal, () => process.exit(1));
    });
  }
  const process_ = await startOrExit(roles, extensions);
  const { logger } = process_;
  process.on('uncaughtException', (err) => {
    // State lives in Kafka transactions and in the database, so ending at once loses nothing.
    logger.fatal({ err }, 'uncaught');
    process.exit(1);
  });
  try {
    const signal = await Promise.race([signalled.promise, process_.failed]);
    logger.info({ signal }, 'stopping');
    await process_.stop();
    logger.info('stopped');
    process.exit(0);
  } catch (err) {
    logger.fatal({ err }, 'cannot go on');
    await process_.stop().catch(() => undefined);
    process.exit(1);
  }
}

async function startOrExit(
  roles: readonly RoleDefinition[],
  extensions: Extensions | undefined,
): Promise<RunningProcess> {
  try {
    return await startRoles(roles, { env: process.env, extensions });
  } catch (err) {
    if (err instanceof SettingsError) {
      process.stderr.write(`${err.message}\n${err.help}\n`);
      process.exit(2);
    }
    createLogger({ level: 'info' }).fatal({ err }, 'cannot start');
    process.exit(1);
  }
}
