import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { WatchedRole } from './watched-role.ts';

interface StopOptions {
  readonly logger: Logger;
  /** How long what is in flight may take to finish before it is asked what it waits for. */
  readonly graceMs: number;
}

/**
 * Lets roles finish what is in flight. Where something that they need does not answer, they could wait for it in vain: what
 * is in flight is then given up, which loses nothing, since Kafka aborts its open transactions and PostgreSQL rolls back,
 * and the next owner starts at the last commit. A role that is merely slow is waited for.
 */
export async function stopRoles(
  roles: readonly WatchedRole[],
  client: Kafka,
  { logger, graceMs }: StopOptions,
): Promise<void> {
  const stopping = Promise.all(roles.map(({ role }) => role.stop())).then(() => 'stopped' as const);
  stopping.catch(() => undefined);
  if ((await within(graceMs, stopping)) === 'stopped') return;
  for (;;) {
    const missing = await lackingNow(roles, client, graceMs / 2);
    if (missing.length === 0) {
      if ((await within(lookEveryMs, stopping)) === 'stopped') return;
      continue;
    }
    logger.warn({ missing }, `${givenUp}: ${missing.join('; ')}`);
    // Ends every call that waits for a broker.
    await client.close();
    await within(graceMs / 2, stopping).catch(() => undefined);
    return;
  }
}

const lookEveryMs = 250;
const givenUp =
  'what is in flight is given up, as something it needs does not answer; nothing is lost: it is done again from the last commit';

async function lackingNow(roles: readonly WatchedRole[], client: Kafka, timeoutMs: number): Promise<readonly string[]> {
  const missing = roles.flatMap(({ role, watched }) => [role.lacking?.() ?? [], ...watched.troubles()].flat());
  if (missing.length > 0) return missing;
  const asked = client.admin.describeCluster().then(
    () => [],
    (error: unknown) => [`Kafka: ${messageOf(error)}`],
  );
  return (await within(timeoutMs, asked)) ?? ['Kafka: no answer'];
}

async function within<Value>(milliseconds: number, work: Promise<Value>): Promise<Value | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), milliseconds);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
