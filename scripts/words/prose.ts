/** A piece of a source file that people read: a comment or a text. */
export interface Prose {
  readonly text: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

/**
 * Comments and texts of a TypeScript file, without its code: names in code are not prose, nor are names of parameters and what
 * stands within `${…}` of a template. In a .tsx file what stands between tags is taken too.
 */
export function proseOf(source: string, isJsx = false): Prose[] {
  const found: Prose[] = [];
  const piece = new RegExp(
    [
      String.raw`(?<comment>\/\*[\s\S]*?\*\/|\/\/[^\n]*)`,
      String.raw`(?<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\`(?:[^\`\\]|\\[\s\S])*\`)`,
      // A slash where a value may begin is an expression's.
      String.raw`(?<regex>(?<=[(,=:[!&|?{};+~\n]\s*|\breturn\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*)`,
      ...(isJsx ? ['(?<between>(?<=[>}])[^<>{}=;()]*[a-z][^<>{}=;()]*(?=[<{]))'] : []),
    ].join('|'),
    'g',
  );
  let line = 1;
  let at = 0;
  for (const match of source.matchAll(piece)) {
    line += linesIn(source.slice(at, match.index));
    const text = match.groups?.comment ?? match.groups?.text ?? match.groups?.between;
    if (text !== undefined) found.push({ text: text.replaceAll(/\$\{[^}]*\}|(?<=@param )\w+/g, '…'), line });
    line += linesIn(match[0]);
    at = match.index + match[0].length;
  }
  return found;
}

function linesIn(text: string): number {
  return text.split('\n').length - 1;
}
