import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import type { Draft } from '../draft.ts';

/**
 * Reads a provider's event, which is the JSON text in `raw.payload`.
 * @param timestamp The event's own time, already mended.
 * @returns undefined when the payload is not what the provider sends.
 */
export type ProviderReader = (raw: RawEvent, timestamp: number) => Draft | undefined;
