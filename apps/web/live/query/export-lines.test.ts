import type { LogLine } from '@tailrace/http/contract/generated.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toCsv } from './export-lines.ts';

/** The second row's third cell is the body. */
function bodyCell(body: string): string {
  const line = {
    timestamp: 't',
    body,
    attributes: {},
    resource: {},
    provider: 'aws',
    connection_id: 'c',
    stream: 's',
    id: 'i',
  };
  const csv = toCsv([line as LogLine]);
  return csv.slice(csv.indexOf('\r\n') + 2 + 't,,'.length).replace(/,aws,.*$/s, '');
}

test.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\uff1d1+1', "'\uff1d1+1"],
  ['\t=1', '"\'\t\'=1"'],
  ['\r=1', '"\'\r\'=1"'],
  ['a;=1', '"a;\'=1"'],
  ['a;"=1', '"a;\'""=1"'],
  ['a\n@b', '"a\n\'@b"'],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['a=1 b-2 c@d', 'a=1 b-2 c@d'],
])('the cell of %j is %j', (body, cell) => {
  expect(bodyCell(body)).toBe(cell);
});

test('no part of a cell that any spreadsheet may take for a cell begins a formula', () => {
  const pieces = fc.constantFrom('=', '+', '-', '@', '\uff1d', ';', ',', '\t', '\r', '\n', '"', ' ', 'a');
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 8 }).map((each) => each.join('')),
      (body) => {
        const cell = bodyCell(body)
          .replace(/^"(.*)"$/s, '$1')
          .replaceAll('""', '"');
        for (const part of cell.split(/[;\t\r\n]/)) expect(part).not.toMatch(/^[" ]*[=+\-@\uff1d]/);
      },
    ),
  );
});
