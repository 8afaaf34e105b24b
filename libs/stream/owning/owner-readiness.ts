import { explanationOf } from '@tailrace/errors/tailrace-error.ts';
import type { PartitionOwner } from './partition-owner.ts';

/** Ready while it is a member whose coordinator answers and no partition waits for another try; the reason names the first that does. */
export function ownerReadiness(owner: PartitionOwner): { ready: true } | { ready: false; reason: string } {
  const [failing] = owner.failing();
  if (failing) {
    const { topic, partition } = failing.partition;
    return { ready: false, reason: `${topic}[${partition}]: ${explanationOf(failing.error)}` };
  }
  return owner.joined() ? { ready: true } : { ready: false, reason: 'not a member of its consumer group; joining' };
}
