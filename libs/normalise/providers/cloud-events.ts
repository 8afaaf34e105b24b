import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import type { ProviderReader } from './provider-reader.ts';

/** What a cloud's events look like: how one is read, and how one is made of a line of text that came otherwise. */
export interface CloudEvents {
  readonly provider: Provider;
  readonly read: ProviderReader;
  readonly line: LineShape;
}

/** Fields of a cloud's event. */
export type EventFields = Readonly<Record<string, unknown>>;

/** Of an event as JSON, the fields that a line is recognised by and put into. */
export interface LineShape {
  /** Fields that only this cloud's events have. */
  readonly telltale: readonly string[];
  /** An event with this text. */
  readonly wrap: (line: string) => EventFields;
  /** The field with the event's id. */
  readonly id: string;
  /** The field with its time: milliseconds since the epoch, or ISO 8601. */
  readonly time: string;
  /** Fields with its stream, the first that is there. */
  readonly stream: readonly string[];
  /** What a connection would say of the event's source. Left out: nothing. */
  readonly source?: (fields: EventFields) => Readonly<Record<string, string>>;
}
