import { z } from 'zod';
import type { JsonObject } from '../store/cloud-event.ts';

const placeAndTime = {
  scope: z.string().min(1).optional().describe('`account:region`, workspace id, project id; the first known one'),
  source: z.string().min(1).optional().describe('Log group, table, log id; the first known one'),
  stream: z.string().min(1).optional().describe('Log stream, role instance or pod, resource name'),
  id: z.string().min(1).optional().describe("The provider's id; a new one where left out"),
  timestamp: z.int().optional().describe('Event time, microseconds since the epoch; now where left out'),
  timestampNanos: z.int().min(0).max(999).optional().describe('What the event time has below the microsecond'),
  observedTimestamp: z.int().optional().describe('When the cloud takes it in, microseconds; now where left out'),
  visibleAfterMs: z
    .number()
    .nonnegative()
    .optional()
    .describe("How long after that the cloud's API begins to show it; 0 where left out"),
};

const jsonObject = z.record(z.string(), z.json()) as z.ZodType<JsonObject>;

/** One event to be put into a cloud. */
export const emitRequestSchema = z.discriminatedUnion('cloud', [
  z.strictObject({ ...placeAndTime, cloud: z.literal('aws'), message: z.string() }),
  z.strictObject({
    ...placeAndTime,
    cloud: z.literal('azure'),
    row: jsonObject.describe('Columns, without TimeGenerated, _ItemId, Type'),
  }),
  z.strictObject({
    ...placeAndTime,
    cloud: z.literal('gcp'),
    entry: jsonObject.describe('A LogEntry in JSON, without logName, insertId, timestamp, receiveTimestamp'),
  }),
]);

export type EmitRequest = z.infer<typeof emitRequestSchema>;
