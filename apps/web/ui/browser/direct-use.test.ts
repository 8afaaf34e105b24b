import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const web = join(import.meta.dirname, '..', '..');

/** What some browser lacks or refuses, and where the page may touch it. */
const refusable: readonly (readonly [what: RegExp, use: string])[] = [
  [/\b(localStorage|sessionStorage|indexedDB|caches)\b/, 'ui/browser/stored-value.ts'],
  [/\bmatchMedia\b/, 'ui/browser/media-query.ts'],
  [/\b(ResizeObserver|IntersectionObserver)\b/, 'ui/browser/element-size.ts'],
  [/\bclipboard\.(write|read)|\bexecCommand\b/, 'ui/browser/clipboard.ts'],
  [/\bIntl\b|\.toLocale(?!(Lower|Upper)Case)\w*\(|\.localeCompare\(/, 'ui/text/format.ts, which needs no locale'],
  [/\bnavigator\.(language|languages|locks|storage|share|serviceWorker|permissions)\b/, 'a module of ui/browser'],
  [/\bcrypto\.(randomUUID|subtle)\b/, 'a module of ui/browser: plain http has neither'],
  [/\bnew Notification\b|\bNotification\.(permission|requestPermission)\b/, 'a module of ui/browser'],
  [/\b(BroadcastChannel|SharedWorker|structuredClone|requestIdleCallback|cookieStore)\b/, 'a module of ui/browser'],
  [/\bhistory\b(?!\.length)[^;]*\b(pushState|replaceState)\b/, 'ui/route.ts'],
];

const sources = readdirSync(web, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$|^(dist|node_modules|e2e)\b/.test(path))
  .filter((path) => !path.startsWith(join('ui', 'browser')));

test('nothing but ui/browser touches what a browser may lack or refuse', () => {
  const found = sources.flatMap((path) =>
    codeOf(readFileSync(join(web, path), 'utf8'))
      .split('\n')
      .flatMap((line, index) =>
        refusable
          .filter(([what, use]) => what.test(line) && !use.startsWith(path))
          .map(([, use]) => `${relative('.', path)}:${index + 1}: ${line.trim()} (use ${use})`),
      ),
  );
  expect(sources.length).toBeGreaterThan(80);
  expect(found).toEqual([]);
});

test.each([
  'const stored = localStorage.getItem(key);',
  "window.matchMedia('(min-width: 1px)')",
  'navigator.clipboard.writeText(text)',
  'new Date().toLocaleString()',
  'new Intl.NumberFormat()',
  'const id = crypto.randomUUID();',
  "history.replaceState(null, '', address);",
])('the check of direct use finds a direct use: %s', (line) => {
  expect(refusable.some(([what]) => what.test(codeOf(line)))).toBe(true);
});

/** Code without its comments, line by line. */
function codeOf(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ''))
    .replaceAll(/(^|\s)\/\/.*$/gm, '');
}
