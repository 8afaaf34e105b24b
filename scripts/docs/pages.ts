import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The repository. */
export const root = join(import.meta.dirname, '..', '..');

/** A Markdown page, taken apart as far as the checks of the documentation need it. */
export interface Page {
  /** Its path from the root. */
  readonly path: string;
  readonly text: string;
  /** What a link's fragment may be. */
  readonly anchors: ReadonlySet<string>;
  /** Targets of its links and pictures. */
  readonly links: readonly string[];
  /** What stands in backticks within sentences and tables. */
  readonly spans: readonly string[];
  /** The commands of its shell blocks, one each, without comments and with their continuation lines. */
  readonly commands: readonly string[];
}

/** Every page of the repository. */
export function readPages(): readonly Page[] {
  const exclude = (name: string) => name === 'node_modules' || name === 'dist' || name.endsWith('.tailrace');
  return globSync('**/*.md', { cwd: root, exclude })
    .sort()
    .map((path) => pageOf(path, readFileSync(join(root, path), 'utf8')));
}

const fence = /^( *)```(\w*)\n([\s\S]*?)^ *```/gm;

/** Takes one page apart. */
export function pageOf(path: string, text: string): Page {
  const prose = text.replaceAll(fence, '');
  const shells = [...text.matchAll(fence)].filter(([, , language]) => language === 'sh');
  const spans = [...prose.matchAll(/(`+)(.+?)\1/g)].map(([, , span = '']) => span.replaceAll('\\|', '|').trim());
  const withoutSpans = prose.replaceAll(/(`+)(.+?)\1/g, '``');
  return {
    path,
    text,
    anchors: anchorsOf(prose),
    links: [...withoutSpans.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target = '']) => target),
    spans,
    commands: shells.flatMap(([, , , block = '']) => commandsOf(block)),
  };
}

/** As GitHub makes them: of each heading's text, small, without punctuation, spaces as hyphens, repeats numbered. */
function anchorsOf(prose: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose.matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    let name = anchor;
    for (let number = 1; anchors.has(name); number += 1) name = `${anchor}-${number}`;
    anchors.add(name);
  }
  return anchors;
}

function commandsOf(block: string): string[] {
  return block
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}
