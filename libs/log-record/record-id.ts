import { hash } from 'node:crypto';

/**
 * The id of a log record: the first 128 bits of SHA-256 over the connection's id and the provider's identity of the
 * event, as 32 hexadecimal digits. The same on every read and replay of the event.
 *
 * A cryptographic hash although a quicker one would spread as well: who may write a log entry may choose its insertId
 * (Google Cloud), and must not be able to make it collide with another tenant's record.
 */
export function recordId(connectionId: string, eventId: string): string {
  // Neither side of the NUL can be mistaken for the other: connection ids have none.
  return hash('sha256', `${connectionId}\0${eventId}`, 'hex').slice(0, 32);
}
