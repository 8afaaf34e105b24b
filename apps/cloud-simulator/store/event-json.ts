import { z } from 'zod';
import type { CloudEvent, JsonObject } from './cloud-event.ts';

/** What is in it is JSON, for it was read from JSON: to look again would take most of a start's time. */
const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
);
const instant = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt);
const stored = z.object({
  sequence: z.int(),
  scope: z.string(),
  source: z.string(),
  stream: z.string(),
  id: z.string(),
  eventTime: instant,
  ingestionTime: instant,
  visibleTime: instant,
});
const cloudEvent = z.discriminatedUnion('cloud', [
  stored.extend({ cloud: z.literal('aws'), body: z.object({ message: z.string() }) }),
  stored.extend({ cloud: z.literal('azure'), body: z.object({ row: jsonObject }) }),
  stored.extend({ cloud: z.literal('gcp'), body: z.object({ entry: jsonObject }) }),
]);

/** One line of the ledger's file, without the line feed. Instants are decimal nanoseconds. */
export function writeEvent(event: CloudEvent): string {
  return JSON.stringify(event, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

/** Reads such a line. Throws when it is not one. */
export function readEvent(line: string): CloudEvent {
  return cloudEvent.parse(JSON.parse(line));
}
