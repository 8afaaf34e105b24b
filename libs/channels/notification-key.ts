import { createHash } from 'node:crypto';
import { idPrefixes } from '@tailrace/log-record/id-prefixes.ts';
import type { Notification } from '@tailrace/schemas/generated/notification.ts';

type Keyed = Pick<Notification, 'alert_id' | 'channel_id' | 'transition'>;

/** Key of a notification in its topic: once for each transition and channel. */
export function notificationKey({ alert_id, channel_id, transition }: Keyed): string {
  return `${alert_id}/${channel_id}/${transition}`;
}

/** Its id for people, addresses and receivers: of the key alone, so the same after any crash. */
export function notificationId(keyed: Keyed): string {
  return `${idPrefixes.notification}${createHash('sha256').update(notificationKey(keyed)).digest('hex').slice(0, 32)}`;
}
