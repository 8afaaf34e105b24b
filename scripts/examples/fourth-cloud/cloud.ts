import type { Cloud } from '@tailrace/connectors/cloud.ts';
import { connector } from '@tailrace/ingestion/contract/configure.ts';
import { Draft } from '@tailrace/normalise/draft.ts';
import { parseText } from '@tailrace/normalise/parsers/text-parsers.ts';
import type { CloudEvents } from '@tailrace/normalise/providers/cloud-events.ts';
import { storable } from '@tailrace/normalise/storable.ts';

/** Events of Beacon: `{ "seq": "17", "at": 1767225600000, "text": "…" }`. */
const beaconEvents: CloudEvents = {
  provider: 'beacon',
  read(raw, timestamp, rules) {
    const text = textOf(raw.payload);
    if (text === undefined) return undefined;
    const draft = new Draft(timestamp, rules);
    draft.resourceAttribute('cloud.provider', 'beacon');
    parseText(storable(text, draft), draft);
    draft.uid(raw.event_id);
    return draft;
  },
  line: { telltale: ['seq'], wrap: (text) => ({ text }), id: 'seq', time: 'at', stream: [] },
};

function textOf(payload: string): string | undefined {
  try {
    const event: unknown = JSON.parse(payload);
    if (typeof event !== 'object' || event === null || !('text' in event)) return undefined;
    return typeof event.text === 'string' ? event.text : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A fourth cloud: this folder, and a line in `libs/connectors/clouds.ts`. What reads its events is here; its connector is
 * loaded where it is needed.
 */
export const beacon: Cloud = {
  events: beaconEvents,
  connector: async () => connector((await import('./beacon.ts')).beaconLogs),
};
