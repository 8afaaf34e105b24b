import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { ReplayDifferences } from './replay-differences.tsx';

const example = (number: number, parser: string) => ({
  record_id: `record_${number}`,
  timestamp: '2026-01-31T08:00:00.000000Z',
  connection_id: 'conn_a',
  kinds: ['severity_changed', 'parser_changed'],
  old: { severity_text: 'INFO', parser: 'plain' },
  new: { severity_text: 'ERROR', parser },
});

const shown = (parsers: readonly string[]) =>
  renderToStaticMarkup(
    createElement(ReplayDifferences, {
      names: new Map([['conn_a', 'shop production']]),
      differences: {
        unchanged: 0,
        changed: parsers.length,
        missing: 0,
        applicable: parsers.length,
        kinds: {},
        fields: { severity_text: parsers.length, parser: parsers.length },
        examples: parsers.map((parser, index) => example(index, parser)),
      },
    }),
  );

test('twenty like differences of a replay are one table, with their number and the name of their source', () => {
  const html = shown(Array.from({ length: 20 }, () => 'json'));
  expect(html.match(/<table/g)).toHaveLength(1);
  expect(html).toContain('20 of 20 examples: severity changed, parser changed');
  expect(html).toContain('shop production');
  expect(html).not.toContain('conn_a');
});

test('differences by another parser are a table of their own', () => {
  const html = shown(['json', 'json', 'logfmt']);
  expect(html.match(/<table/g)).toHaveLength(2);
  expect(html).toContain('2 of 3 examples');
  expect(html).toContain('1 of 3 examples');
});
