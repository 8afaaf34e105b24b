import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import type { Draft, LineRules } from '../draft.ts';

/**
 * Reads a provider's event, which is the JSON text in `raw.payload`.
 * @param timestamp The event's own time, already mended.
 * @param rules The connection's own for this line, tried before the parsers.
 * @returns undefined when the payload is not what the provider sends.
 */
export type ProviderReader = (raw: RawEvent, timestamp: number, rules?: LineRules) => Draft | undefined;
