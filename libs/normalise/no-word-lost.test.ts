import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { goldenLines } from './golden-lines.ts';
import { normalise } from './normalise.ts';

const time = Date.parse('2024-01-31T10:20:30.123Z') * 1000;

function recordOf(text: string): LogRecord {
  const raw: RawEvent = {
    connection_id: 'conn_1',
    project_id: 'demo',
    provider: 'aws',
    event_id: 'e1',
    timestamp: time,
    timestamp_nanos: 0,
    observed_timestamp: time,
    ingest_timestamp: time,
    source: {},
    stream: 's',
    payload: JSON.stringify({ message: text }),
    rewind_id: null,
  };
  return normalise(raw, { partition: 0, offset: 0 });
}

/** All that a record says. */
function saidIn({
  body,
  severity_text: level,
  attributes,
  resource,
  trace_id: trace,
  span_id: span,
}: LogRecord): string {
  return [body, level, trace, span, ...Object.entries(attributes).flat(), ...Object.values(resource)].join('\n');
}

const lines = goldenLines();
const strays = [
  'zqxjk',
  '48151623',
  '[zqxjk]',
  '(zqxjk)',
  '{zqxjk}',
  '<zqxjk>',
  'zqx=jk',
  'zqxjk:',
  'zqx.jk',
  '"zqxjk"',
  '-zqxjk',
];
/** What must be found of a stray: its letters or digits. */
const pieces = (stray: string) => stray.match(/[a-z0-9]+/g) ?? [];

it('what stands anywhere in a line of any format is in the body, an attribute or a field of the record', () => {
  fc.assert(
    fc.property(fc.constantFrom(...lines), fc.constantFrom(...strays), fc.nat(), ({ text }, stray, chance) => {
      const gaps = [...text.matchAll(/(?<=\S)[ \t](?=\S)/g)].map(({ index }) => index);
      const at = gaps.length === 0 ? text.length : (gaps[chance % gaps.length] as number);
      const changed = `${text.slice(0, at)} ${stray}${text.slice(at)}`;
      const said = saidIn(recordOf(changed));
      expect(
        pieces(stray).filter((piece) => !said.includes(piece)),
        changed,
      ).toEqual([]);
    }),
    { numRuns: 5000 },
  );
});
