import { expect, test } from 'vitest';
import { normaliserOf } from '../normalise.ts';
import { compileRules } from '../own-parsing/compile-rules.ts';
import { RuleSet } from '../own-parsing/rule-set.ts';
import { builtInClouds } from '../providers/built-in-clouds.ts';
import type { AnchoredParser } from './text-parser.ts';

/** `@ship text`, whose text is read for itself. */
const ships: AnchoredParser = {
  name: 'ships',
  beginnings: ['other', 'timeSmall'],
  read({ text, at }, draft, readInner) {
    const found = /@(\w+) /y;
    found.lastIndex = text.startsWith('@') ? 0 : at;
    const ship = found.exec(text);
    if (ship === null) return false;
    draft.attribute('ship', ship[1] ?? '');
    readInner(text.slice(found.lastIndex), draft);
    return true;
  },
};

const normalise = normaliserOf({ clouds: builtInClouds, parsers: [ships] });

function read(message: string, rules?: RuleSet) {
  const raw = {
    connection_id: 'conn_a',
    project_id: 'demo',
    provider: 'aws',
    event_id: '1',
    timestamp: 1_767_225_600_000_000,
    timestamp_nanos: 0,
    observed_timestamp: 1_767_225_600_000_000,
    ingest_timestamp: 1_767_225_600_000_000,
    source: {},
    stream: '',
    payload: JSON.stringify({ message }),
    rewind_id: null,
  } as const;
  return normalise(raw, { partition: 0, offset: 0 }, { rules });
}

test('an installation’s parser is tried before Tailrace’s, on texts that begin as it says', () => {
  expect(read('@ada adrift')).toMatchObject({ parser: 'ships', body: 'adrift', attributes: { ship: 'ada' } });
  expect(read('{"level":"error","msg":"@ada adrift"}')).toMatchObject({ parser: 'json', body: '@ada adrift' });
  expect(read('adrift @ada ')).toMatchObject({ parser: 'plain' });
});

test('what stands behind an installation’s envelope is read by Tailrace’s parsers', () => {
  expect(read('@ada {"level":"error","msg":"leak"}')).toMatchObject({
    parser: 'ships',
    body: 'leak',
    severity_text: 'error',
  });
});

test('an installation’s parser reads what Tailrace’s envelopes carry', () => {
  const { parser, body, attributes } = read('2026-01-01T00:00:00.000000000Z stdout F @ada adrift');
  expect([parser, body, attributes.ship]).toEqual(['cri', 'adrift', 'ada']);
});

test('rules of the connection come before an installation’s parsers', () => {
  const compiled = compileRules([{ name: 'mine', pattern: '^@(?P<message>.*)$' }]);
  if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems));
  expect(read('@ada adrift', new RuleSet(1, compiled))).toMatchObject({ parser: 'rule:mine', body: 'ada adrift' });
});

test('envelopes of an installation’s parser within each other end, however many there are', () => {
  const { parser, body } = read(`${'@ada '.repeat(50_000)}adrift`);
  expect(parser).toBe('ships');
  expect(body.endsWith('adrift')).toBe(true);
});
