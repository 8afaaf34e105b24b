import type { WatchedKafka } from '@tailrace/kafka/watched-kafka.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { RunningRole } from './role.ts';

/** A role at work, with the Kafka that it uses. */
export interface WatchedRole {
  readonly role: RunningRole;
  readonly watched: WatchedKafka;
}

/** Why a role does not do its job now: what it says itself, and what Kafka owes it. Empty while it does. */
export function reasonsOf({ role, watched }: WatchedRole): readonly string[] {
  const readiness = role.readiness();
  const own = readiness.ready ? [] : [readiness.reason];
  return [...own, ...watched.troubles()].map((reason) => `${role.name}: ${reason}`);
}

const lookEveryMs = 1000;

/**
 * Logs when a role stops doing its job, with the reasons, and when it does it again; and keeps `tailrace_role_ready`.
 * @returns what ends it.
 */
export function reportReadiness(
  roles: readonly WatchedRole[],
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
): () => void {
  const ready = metrics.gauge({
    name: 'tailrace_role_ready',
    help: '1 while the role does its job, 0 while something that it needs is missing: what /readyz says.',
    labels: ['role'],
  });
  const failingSince = new Map<WatchedRole, number>();
  const look = () => {
    for (const each of roles) {
      const reasons = reasonsOf(each);
      const since = failingSince.get(each);
      ready.set({ role: each.role.name }, reasons.length === 0 ? 1 : 0);
      if (reasons.length > 0 && since === undefined) {
        failingSince.set(each, performance.now());
        logger.warn({ role: each.role.name, reasons }, `not ready: ${reasons.join('; ')}`);
      } else if (reasons.length === 0 && since !== undefined) {
        failingSince.delete(each);
        const seconds = Math.round((performance.now() - since) / 1000);
        logger.info({ role: each.role.name, seconds }, `ready again after ${seconds} s`);
      }
    }
  };
  const timer = setInterval(look, lookEveryMs).unref();
  const stopScraping = metrics.beforeScrape(look);
  look();
  return () => {
    clearInterval(timer);
    stopScraping();
  };
}
