import { notificationKey } from '@tailrace/channels/notification-key.ts';
import type { Notification } from '@tailrace/schemas/generated/notification.ts';

/**
 * The notifications of one partition, as its records were read and written, in any order: of two values of a key, the one
 * that is further on holds. So a transition that is announced again, by whatever mishap, is not sent again.
 */
export class Outbox {
  readonly #all = new Map<string, Notification>();
  readonly #pending = new Map<string, Map<string, Notification>>();

  /**
   * Takes a value that was read or written.
   * @returns what the key's last record must be made again: set when the value announces again what has progressed since.
   */
  apply(incoming: Notification): Notification | undefined {
    const key = notificationKey(incoming);
    const known = this.#all.get(key);
    if (known !== undefined && !isFurther(incoming, known)) {
      return isAnnouncement(incoming) && isFurther(known, incoming) ? { ...known, alert: incoming.alert } : undefined;
    }
    const pending = this.#pending.get(incoming.channel_id) ?? new Map<string, Notification>();
    if (incoming.status === 'pending') {
      this.#all.set(key, incoming);
      this.#pending.set(incoming.channel_id, pending.set(key, incoming));
      return undefined;
    }
    // What is done is kept for recognising, not for sending.
    this.#all.set(key, { ...incoming, alert: nothing });
    pending.delete(key);
    if (pending.size === 0) this.#pending.delete(incoming.channel_id);
    return undefined;
  }

  /**
   * Forgets what is done and as old as what retention removes from the topic.
   * @param before microseconds since the epoch
   */
  sweep(before: number): void {
    for (const [key, each] of this.#all) {
      if (isDone(each) && Math.max(each.created_at, each.sent_at ?? 0, each.deadline_at) < before)
        this.#all.delete(key);
    }
  }

  /** A deletion. */
  remove(key: string): void {
    const known = this.#all.get(key);
    if (known === undefined) return;
    this.#all.delete(key);
    this.#pending.get(known.channel_id)?.delete(key);
  }

  /** What a channel is to be sent, in the order it happened. */
  waiting(channelId: string): readonly Notification[] {
    return [...(this.#pending.get(channelId)?.values() ?? [])].sort(inOrder);
  }

  /** Channels that are to be sent something. */
  channels(): readonly string[] {
    return [...this.#pending.keys()];
  }

  get pendingCount(): number {
    let count = 0;
    for (const each of this.#pending.values()) count += each.size;
    return count;
  }
}

const nothing = Buffer.alloc(0);

function isFurther(one: Notification, other: Notification): boolean {
  if (one.resends !== other.resends) return one.resends > other.resends;
  if (isDone(one) !== isDone(other)) return isDone(one);
  return !isDone(one) && one.attempts !== other.attempts ? one.attempts > other.attempts : isRetimed(one, other);
}

/** Two values of one attempt: as it began, and as it ended without success. The latter says when the next one is due. */
function isRetimed(one: Notification, other: Notification): boolean {
  return !isDone(one) && (one.next_attempt_at ?? 0) > (other.next_attempt_at ?? 0);
}

function isDone({ status }: Notification): boolean {
  return status !== 'pending';
}

/** As it comes from an alert, before anything was tried. */
function isAnnouncement({ status, attempts }: Notification): boolean {
  return status === 'pending' && attempts === 0;
}

function inOrder(one: Notification, other: Notification): number {
  return (
    one.created_at - other.created_at ||
    one.sequence - other.sequence ||
    (one.id < other.id ? -1 : Number(one.id > other.id))
  );
}
