import type { Instant } from '../instant.ts';

/** Which of the three clouds; the words are those of a connection's `cloud_provider`. */
export type Cloud = 'aws' | 'azure' | 'gcp';

export const allClouds: readonly Cloud[] = ['aws', 'azure', 'gcp'];

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Where an event lives in its cloud, and its three times. */
interface StoredEvent {
  /** Position in the ledger: 1, 2, 3, … over all clouds. */
  readonly sequence: number;
  /** `account:region`, workspace id, or Google project id. */
  readonly scope: string;
  /** Log group, table, or log id (`projects/<scope>/logs/<source>`). */
  readonly source: string;
  /** Log stream; role instance or pod; monitored resource's name. */
  readonly stream: string;
  /** The provider's id: `eventId`, `_ItemId`, `insertId`. */
  readonly id: string;
  /** When it happened, by the source. */
  readonly eventTime: Instant;
  /** When the cloud took it in, by the cloud's clock. */
  readonly ingestionTime: Instant;
  /** From when on the cloud's read API shows it. Never before the ingestion time. */
  readonly visibleTime: Instant;
}

export interface AwsEvent extends StoredEvent {
  readonly cloud: 'aws';
  readonly body: { readonly message: string };
}

export interface AzureEvent extends StoredEvent {
  readonly cloud: 'azure';
  /** Column values without the time, the id and the table's name, which every row gets from the event. */
  readonly body: { readonly row: JsonObject };
}

export interface GcpEvent extends StoredEvent {
  readonly cloud: 'gcp';
  /** The LogEntry in its JSON form, without logName, insertId, timestamp and receiveTimestamp. */
  readonly body: { readonly entry: JsonObject };
}

/** One event a simulated cloud holds. */
export type CloudEvent = AwsEvent | AzureEvent | GcpEvent;

/** The text a person would call the message: what a test looks for at the other end. */
export function messageOf(event: CloudEvent): string {
  switch (event.cloud) {
    case 'aws':
      return event.body.message;
    case 'azure':
      return (
        firstText(event.body.row, ['Message', 'LogMessage', 'Name', 'Description']) ?? JSON.stringify(event.body.row)
      );
    case 'gcp':
      return gcpMessage(event.body.entry);
  }
}

function gcpMessage(entry: JsonObject): string {
  if (typeof entry.textPayload === 'string') return entry.textPayload;
  const payload = entry.jsonPayload ?? entry.protoPayload ?? entry.httpRequest;
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return JSON.stringify(entry);
  return firstText(payload as JsonObject, ['message', 'msg']) ?? JSON.stringify(payload);
}

function firstText(fields: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'string') return value;
    if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  }
  return undefined;
}
