import { newStringMap } from '@tailrace/avro/string-map.ts';
import { flags } from '@tailrace/log-record/flags.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import type { Draft } from './draft.ts';

const nul = '\0';
const replacement = '\ufffd';

/**
 * Whether text from this event may hold what Avro (half a surrogate pair) or PostgreSQL (NUL) cannot: such characters
 * come by a `\u` escape, or stand in the event's strings themselves. Almost no event has either, so a look at these
 * saves one at every attribute.
 */
export function mayBeUnstorable(raw: RawEvent): boolean {
  if (raw.payload.includes('\\u') || isUnstorable(raw.payload)) return true;
  if (isUnstorable(raw.stream) || isUnstorable(raw.event_id)) return true;
  for (const key of Object.keys(raw.source)) if (isUnstorable(raw.source[key] as string)) return true;
  return false;
}

function isUnstorable(text: string): boolean {
  return text.includes(nul) || !text.isWellFormed();
}

/** The text with U+FFFD in the place of what cannot be stored; what was mended is flagged. */
export function storable(text: string, draft: Draft): string {
  let mended = text;
  if (mended.includes(nul)) {
    draft.flag(flags.nulReplaced);
    mended = mended.replaceAll(nul, replacement);
  }
  if (!mended.isWellFormed()) {
    draft.flag(flags.invalidUtf8);
    mended = mended.toWellFormed();
  }
  return mended;
}

/** Makes every text of the draft storable. */
export function mend(draft: Draft): void {
  draft.body = storable(draft.body, draft);
  draft.severityText = storable(draft.severityText, draft);
  draft.attributes = storableMap(draft.attributes, draft);
  draft.resource = storableMap(draft.resource, draft);
}

function storableMap(map: Readonly<Record<string, string>>, draft: Draft): Record<string, string> {
  const mended: Record<string, string> = newStringMap();
  for (const key of Object.keys(map)) mended[storable(key, draft)] = storable(map[key] as string, draft);
  return mended;
}
