/** A test as a list of failures names it. */
export interface TestTitle {
  readonly line: number;
  /** Titles of the groups around it, the outermost first, and its own. */
  readonly path: readonly string[];
}

const quoted = String.raw`(?:'(?<single>(?:[^'\\]|\\.)*)'|"(?<double>(?:[^"\\]|\\.)*)"|${'`'}(?<template>(?:[^${'`'}\\]|\\.)*)${'`'})`;
const plain = new RegExp(String.raw`^\s*(?<kind>describe|test|it)\(\s*${quoted}`);
/** The end of a table of cases, with the title after it: all on one line, or the last line of the table. */
const ofTable = new RegExp(String.raw`^\s*(?:(?<kind>describe|test|it)\.(?:each|for)\b.*|[\])}].*)\)\(\s*${quoted}`);

/** Titles of a test file that the project's formatter has laid out: a group holds what is further to the right. */
export function titlesOf(source: string): TestTitle[] {
  const titles: TestTitle[] = [];
  const groups: { readonly indent: number; readonly title: string }[] = [];
  let tableOf = 'it';
  const lines = source.split('\n');
  for (const [at, text] of lines.entries()) {
    if (text.trim() === '') continue;
    const indent = text.length - text.trimStart().length;
    while (groups.length > 0 && (groups.at(-1)?.indent ?? 0) >= indent && !/^\s*[\])}]/.test(text)) groups.pop();
    tableOf = /^\s*(describe|test|it)\.(?:each|for)\b/.exec(text)?.[1] ?? tableOf;
    const found = (plain.exec(`${text}${(lines[at + 1] ?? '').trim()}`) ?? ofTable.exec(text))?.groups;
    const title = found?.single ?? found?.double ?? found?.template;
    if (title === undefined) continue;
    if ((found?.kind ?? tableOf) === 'describe') groups.push({ indent, title });
    else titles.push({ line: at + 1, path: [...groups.map((group) => group.title), title] });
  }
  return titles;
}

/** What a sentence cannot begin with when nothing stands before it: the verbs that tests use, and what joins or refers. */
const needsSubject = new Set(
  `accepts admits agrees alerts answers asks begins bounds brings builds buries can cannot caps catches checks closes comes commits compares
  copies costs counts creates cuts decides detaches does draws drops emits ends enforces exits explains fails fetches fills finds fires
  follows forgets gets gives goes grows has hides holds ignores is keeps knows labels lays leaves lets limits lists logs looks loses makes
  masks may means misses must needs never offers opens orders outlives pairs passes pauses points posts prints puts quotes reads records
  refuses registers replaces reports returns runs saves says searches seals sees sends serves shows spreads stands starts stays
  stops sums survives takes tests throws treats tries waits wants warns works writes
  are and but or nor of that which whose who`
    .trim()
    .split(/\s+/),
);

/** Why a title cannot be read alone; undefined when it can, as far as a program sees that. */
export function titleProblem({ path }: TestTitle): string | undefined {
  const own = path.at(-1) ?? '';
  if (path.length === 1 && needsSubject.has(own.split(' ')[0] ?? ''))
    return 'begins without a subject: name what it is about, or group it under that name';
  if (/^(?:and|or|but) /.test(own)) return 'goes on from another title';
  // What a table puts in may be any number of words.
  return !own.includes('%') && path.join(' ').split(/\s+/).length < 3
    ? 'has fewer than three words with those of its groups'
    : undefined;
}
