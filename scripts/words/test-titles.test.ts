import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../docs/pages.ts';
import { titleProblem, titlesOf } from './test-titles.ts';

test('every title of a test can be read alone in a list of failures', () => {
  const exclude = (name: string) => name === 'node_modules';
  const paths = globSync('{apps,libs,schemas,scripts}/**/*.test.ts', { cwd: root, exclude }).sort();
  let seen = 0;
  const problems = paths.flatMap((path) =>
    titlesOf(readFileSync(join(root, path), 'utf8')).flatMap((title) => {
      seen += 1;
      const problem = titleProblem(title);
      return problem === undefined ? [] : `${path}:${title.line} ${title.path.join(' > ')}: ${problem}`;
    }),
  );
  expect(problems).toEqual([]);
  expect(seen).toBeGreaterThan(1500);
});

const source = [
  "describe('a queue', () => {",
  '  it.each([',
  "    ['one', 1],",
  "  ])('takes %s', () => {});",
  "  describe('that is full', () => {",
  '    it("refuses", () => {});',
  '  });',
  '  it(',
  "    'and forgets',",
  '    () => {},',
  '  );',
  '});',
  "it.each([1, 2])('counts to %i', () => {});",
  'test(`npm start says where`, () => {});',
  "it('ends', () => {});",
].join('\n');

test('the reader of titles finds them with their groups, in tables and over two lines', () => {
  expect(titlesOf(source).map(({ line, path }) => [line, path.join(' > ')])).toEqual([
    [4, 'a queue > takes %s'],
    [6, 'a queue > that is full > refuses'],
    [8, 'a queue > and forgets'],
    [13, 'counts to %i'],
    [14, 'npm start says where'],
    [15, 'ends'],
  ]);
});

test('the check of titles finds halves of sentences, and no whole one', () => {
  const problems = titlesOf(source).map(titleProblem);
  expect(problems.map((problem) => problem?.split(' ')[0])).toEqual([
    undefined,
    undefined,
    'goes',
    'begins',
    undefined,
    'begins',
  ]);
});
