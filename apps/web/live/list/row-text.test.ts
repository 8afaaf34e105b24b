import type { LogLine } from '@tailrace/http/contract/generated.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { headColumns, rowText } from './row-text.ts';

const line = (fields: Partial<LogLine>): LogLine =>
  ({ timestamp: '2026-01-31T08:00:00.123Z', level: 'warn', body: '', attributes: {}, ...fields }) as LogLine;

describe('the text of a row', () => {
  test('stands in columns', () => {
    const { time, level, source } = rowText(line({}), 'shop', 80);
    expect(time).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}$/);
    expect([level, source]).toEqual(['WARN   ', 'shop             ']);
    expect(time.length + level.length + source.length).toBe(headColumns);
    expect(rowText(line({}), 'a name of many words', 80).source).toBe('a name of many…  ');
  });

  test('has no more characters than there is room for, and an ellipsis where there are more', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
        fc.integer({ min: 5, max: 40 }),
        (body, columns) => {
          const text = rowText(line({ body, attributes: { user: 'ann', zone: 'b' } }), 'shop', columns);
          expect(text.body.length).toBeLessThanOrEqual(columns);
          expect(text.body.endsWith('…')).toBe(body.length > columns);
          if (text.attributes !== '')
            expect(text.body.length + 2 + text.attributes.length).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });

  test('never shows half of a character', () => {
    expect(rowText(line({ body: 'abcd😀 and more' }), 'shop', 6).body).toBe('abcd…');
  });

  test('shows short attributes, and not those that repeat the line', () => {
    const attributes = { 'log.file': 'x', user: 'ann', id: 'x'.repeat(41), zone: 'b' };
    expect(rowText(line({ body: 'hi', attributes }), 'shop', 80).attributes).toBe('user=ann  zone=b');
  });

  test('says what may be drawn beyond its place', () => {
    expect(rowText(line({ body: 'plain \u001b[31m text, Grüße…' }), 'shop', 80).isUnusual).toBe(false);
    for (const body of ['Z\u0351\u036b\u0343algo', '日本語', '😀']) {
      expect(rowText(line({ body }), 'shop', 80).isUnusual, body).toBe(true);
    }
  });
});
