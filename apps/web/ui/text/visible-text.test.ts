import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toCsv, toNdjson } from '../../live/query/export-lines.ts';
import { manyLines, oneLine } from './visible-text.ts';

test('visible text shows what cannot be seen', () => {
  expect(oneLine('\u001b[31mred\u001b[0m\tx\n\u0000')).toBe('␛[31mred␛[0m⇥x⏎\\x00');
  expect(oneLine('user\u202e\u2066admin\u200b')).toBe('user\\u202e\\u2066admin\\u200b');
  expect(oneLine('\ud800 \udc00')).toBe('\\ud800 \\udc00');
  expect(oneLine('tag\u{e0041} filler\u3164 mark\u180b')).toBe('tag\\u{e0041} filler\\u3164 mark\\u180b');
  expect(oneLine('ok 日本 😀 é')).toBe('ok 日本 😀 é');
  expect(manyLines('a\r\n\tb\rc')).toBe('a\n\tb\\x0dc');
});

test('visible text leaves nothing that controls or turns text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(oneLine(text)).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\u200e\u200f]/u);
    }),
  );
});

const line = {
  timestamp: 't',
  level: null,
  body: '=cmd()',
  provider: 'aws',
  connection_id: 'c',
  stream: '@s',
  trace_id: null,
  span_id: null,
  attributes: { a: '"' },
  resource: {},
  id: 'i',
};

test('a spreadsheet takes no cell for a formula', () => {
  const [, row] = toCsv([line as never]).split('\r\n');
  expect(row).toBe(`t,,'=cmd(),aws,c,'@s,,,"{""a"":""\\""""}",{},i`);
  for (const sign of ['=', '+', '-', '@', '\t']) {
    expect(toCsv([{ ...line, body: `${sign}1` } as never])).toContain(`'${sign}1`);
  }
});

test('each line of NDJSON is one line', () => {
  const written = toNdjson([{ ...line, body: 'a\nb' } as never, line as never]);
  expect(
    written
      .trimEnd()
      .split('\n')
      .map((each) => JSON.parse(each).body),
  ).toEqual(['a\nb', '=cmd()']);
});
