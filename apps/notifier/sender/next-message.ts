import type { Notification } from '@tailrace/schemas/generated/notification.ts';

/** Alerts that one message carries at most where its channel has no limit of its own; most of them as counts. */
const usualLargest = 500;

/**
 * What goes into the channel's next message. Nothing overtakes the first: an alert's end is never sent before its
 * beginning. A message that was begun is made again as it was, under the same key, so that a receiver that already has it can recognise it.
 * Otherwise each goes alone while the channel may still get as many messages as wait, and else all go as one.
 *
 * @param waiting of one channel, in order. @param available messages that the channel may get now, at least 1.
 * @param largestGroup notifications of one message at most.
 */
export function nextMessage(
  waiting: readonly Notification[],
  available: number,
  largestGroup = usualLargest,
): readonly Notification[] {
  const [first] = waiting;
  if (first === undefined) return [];
  if (first.attempts > 0) {
    if (first.grouped_into === null) return [first];
    return waiting.filter(({ attempts, grouped_into }) => attempts > 0 && grouped_into === first.grouped_into);
  }
  if (waiting.length <= available) return [first];
  return waiting.filter(({ attempts }) => attempts === 0).slice(0, largestGroup);
}

/** What receivers can tell a repeat of the message by. A resend by a person is another message. */
export function idempotencyKey([first, ...rest]: readonly [Notification, ...Notification[]]): string {
  const resend = first.resends === 0 ? '' : `.${first.resends}`;
  return `${first.id}${resend}${rest.length === 0 ? '' : `-and-${rest.length}`}`;
}

/** Id of the message that carries several, by which it is made again as it was. */
export function groupId(group: readonly Notification[]): string | null {
  return group.length > 1 ? (group[0]?.id ?? null) : null;
}
