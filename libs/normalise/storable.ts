import { type Flag, flags } from '@tailrace/log-record/flags.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';

const nul = '\0';
const replacement = '\ufffd';

/** Notes what had to be mended. */
export interface Flagged {
  flag(flag: Flag): void;
}

/** The text with U+FFFD in the place of what cannot be stored; the flag says what that was. */
export function storable(text: string, flagged: Flagged): string {
  if (!text.includes(nul) && text.isWellFormed()) return text;
  if (text.includes(nul)) flagged.flag(flags.nulReplaced);
  if (!text.isWellFormed()) flagged.flag(flags.invalidUtf8);
  return text.replaceAll(nul, replacement).toWellFormed();
}

/**
 * The raw event with every text storable; itself in all but the rarest cases. Decoded from UTF-8, its texts hold no half
 * of a pair. What the escapes in its payload stand for is looked at where they are undone.
 */
export function storableEvent(raw: RawEvent, flagged: Flagged): RawEvent {
  if (!hasNul(raw) && raw.payload.isWellFormed()) return raw;
  const source = Object.entries(raw.source).map(([key, value]) => [storable(key, flagged), storable(value, flagged)]);
  return {
    ...raw,
    payload: storable(raw.payload, flagged),
    stream: storable(raw.stream, flagged),
    event_id: storable(raw.event_id, flagged),
    source: Object.fromEntries(source),
  };
}

function hasNul({ payload, stream, event_id: eventId, source }: RawEvent): boolean {
  if (payload.includes(nul) || stream.includes(nul) || eventId.includes(nul)) return true;
  for (const key in source) if ((source[key] as string).includes(nul)) return true;
  return false;
}
