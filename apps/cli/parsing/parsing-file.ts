import { readFileSync } from 'node:fs';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type { ParsingRuleInput } from '@tailrace/http/contract/generated.ts';
import { type CompiledRules, compileRules } from '@tailrace/normalise/own-parsing/compile-rules.ts';
import { isNode, isSeq, LineCounter, parseDocument } from 'yaml';
import { CliError, exitCodes } from '../cli-error.ts';
import { visible } from '../output/terminal.ts';

export interface ParsingFile {
  /** As they stand in the file, and as the API takes them. */
  readonly rules: readonly ParsingRuleInput[];
  readonly compiled: CompiledRules;
}

/**
 * Reads a file of parsing rules: YAML or JSON, a list of rules or one named `rules`. Anchors and merge keys may be used.
 * @param path `-` is standard input.
 * @throws CliError that names each wrong line, the rule and the field.
 */
export function readParsingFile(path: string): ParsingFile {
  const lines = new LineCounter();
  const document = parseDocument(textOf(path), { lineCounter: lines, uniqueKeys: true, merge: true });
  const lineAt = (offset: number | undefined) => lines.linePos(offset ?? 0).line;
  const [syntax] = document.errors;
  if (syntax) throw wrong(path, [[lineAt(syntax.pos[0]), syntax.message.split('\n', 1)[0] ?? '']]);
  const root = isSeq(document.contents) ? [] : ['rules'];
  const rules: unknown = isSeq(document.contents) ? document.toJS() : document.toJS()?.rules;
  if (!Array.isArray(rules)) throw wrong(path, [[1, 'it must be a list of rules, or have one named rules']]);
  const compiled = compileRules(rules);
  if (!('problems' in compiled)) return { rules, compiled };
  throw wrong(
    path,
    compiled.problems.map(({ field, message }) => {
      const [index = '', ...rest] = field.split('.');
      const keys = [...root, ...(index === '' ? [] : [Number(index)]), ...rest];
      let offset: number | undefined;
      // A field that is missing is shown where its rule begins.
      for (let length = keys.length; length > 0 && offset === undefined; length--) {
        const node = document.getIn(keys.slice(0, length), true);
        offset = isNode(node) ? node.range?.[0] : undefined;
      }
      const name = rules[Number(index)]?.name;
      return [lineAt(offset), `${typeof name === 'string' ? `rule ${name}: ` : ''}${[...rest, message].join(' ')}`];
    }),
  );
}

function textOf(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new CliError(`${path}: ${messageOf(error)}`, exitCodes.usage);
  }
}

function wrong(path: string, problems: readonly (readonly [line: number, message: string])[]): CliError {
  const ordered = problems.toSorted(([one], [other]) => one - other);
  return new CliError(
    ordered.map(([line, message]) => `${path}:${line}: ${visible(message)}`).join('\n'),
    exitCodes.usage,
  );
}
