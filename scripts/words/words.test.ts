import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPages, root } from '../docs/pages.ts';
import { type BannedWord, bannedWords } from './banned-words.ts';
import { proseOf } from './prose.ts';

/** Where the words are listed, and what is data: lines of other programs. Database migrations never change once applied. */
const exempt = [/^docs\/contributing\/style\.md$/, /^scripts\/words/, /\/golden\//, /\/cases\//, /\/generated\//];

/** Each use of a banned word, with its place and what to write. */
function uses(path: string, text: string, line: number, words: readonly BannedWord[] = bannedWords): string[] {
  const lines = text.toLowerCase().split('\n');
  // A phrase may go over a line break, which a comment's own marks follow.
  const cleaned = lines.map((each) => each.trim().replace(/^(?:\*|\/\/)\s*/, ''));
  const flat = cleaned.join(' ');
  return words.flatMap(({ pattern, instead }) =>
    [...flat.matchAll(new RegExp(pattern, 'g'))].map((match) => {
      let at = 0;
      for (let end = 0; at < cleaned.length; at += 1) {
        end += (cleaned[at] ?? '').length + 1;
        if (match.index < end) break;
      }
      return `${path}:${line + at}: "${match[0]}": ${instead}`;
    }),
  );
}

function read(pattern: string): { readonly path: string; readonly text: string }[] {
  const exclude = (name: string) => ['node_modules', 'dist', '.tailrace'].includes(name);
  return globSync(pattern, { cwd: root, exclude })
    .sort()
    .filter((path) => !exempt.some((each) => each.test(path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

describe('the prose of the project', () => {
  test('has no banned word in comments, texts and test titles', () => {
    const found = read('{apps,libs,schemas,scripts,.config}/**/*.{ts,tsx,mjs,cjs}').flatMap(({ path, text }) =>
      proseOf(text, path.endsWith('x')).flatMap((prose) => uses(path, prose.text, prose.line)),
    );
    expect(found).toEqual([]);
  });

  test('has no banned word in pages, schemas and configuration', () => {
    const pages = readPages().filter(({ path }) => !exempt.some((each) => each.test(path)));
    const others = read('{schemas/*.avsc,docker-compose.yml,docs/**/*.yml,scripts/Dockerfile}');
    expect([...pages, ...others].flatMap(({ path, text }) => uses(path, text, 1))).toEqual([]);
  });
});

describe('the search for banned words', () => {
  const word = [{ pattern: /\bfoo bar\b/, instead: 'baz' }];

  test('finds a phrase in a comment, over a line break too, in a text, a template and between tags', () => {
    const source = "/**\n * One foo\n * bar.\n */\nconst foo = 'x foo bar'; // Foo bar\nconst t = `foo bar`;\n";
    const found = proseOf(source).flatMap(({ text, line }) => uses('x.ts', text, line, word));
    expect(found).toEqual([
      expect.stringContaining('x.ts:2'),
      expect.stringContaining('x.ts:5'),
      expect.stringContaining('x.ts:5'),
      expect.stringContaining('x.ts:6'),
    ]);
    expect(proseOf('<p>a foo bar</p>', true).map(({ text }) => text)).toEqual(['a foo bar']);
  });

  test('takes no name of the code, and no quote of an expression, for prose', () => {
    expect(proseOf("const told = tell(anew); const quote = /['\"`]/; f(/it's/);\nconst a = 'b';")).toEqual([
      { text: "'b'", line: 2 },
    ]);
  });
});
