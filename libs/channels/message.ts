import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { NotificationTransition } from '@tailrace/schemas/generated/notification-transition.ts';

/** One transition of an alert, as a message carries it. */
export interface MessageItem {
  /** Id of the notification. */
  readonly id: string;
  readonly transition: NotificationTransition;
  /** How often a person has asked for it again: each time it is sent again. Left out: never. */
  readonly resends?: number;
  /** The alert as it was then. */
  readonly alert: Alert;
}

/** What goes to a channel at once: one transition, or those that had to wait for each other. */
export interface Message {
  /**
   * The same whenever this message is sent again because nobody knows whether it arrived: what the other side can recognise a
   * repeat by. Printable ASCII without spaces.
   */
  readonly idempotencyKey: string;
  readonly channelName: string;
  /** At least one, in order of time; an alert's own transitions in the order they happened. */
  readonly items: readonly [MessageItem, ...MessageItem[]];
  /** A trial of the channel by its owner; what it says did not happen. */
  readonly isTest: boolean;
  /** Where the web page is, without a slash at its end; undefined: messages hold no links. */
  readonly publicUrl: string | undefined;
}

/** How many alerts of a message are sent in full; of the others there are counts. */
export const itemsInFull = 10;
