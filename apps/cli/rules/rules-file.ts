import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { type AlertRuleInput, alertRuleInput, defaultCooldownMinutes } from '@tailrace/alert-rules/alert-rule-input.ts';
import type { FieldProblem } from '@tailrace/alert-rules/field-problems.ts';
import type { RuleKind, RuleKinds } from '@tailrace/alert-rules/rule-kind.ts';
import { ruleKinds } from '@tailrace/alert-rules/rule-kinds.ts';
import { type ValidRule, validateRule } from '@tailrace/alert-rules/validate-rule.ts';
import { extended } from '@tailrace/role/extensions.ts';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLParseError,
  type YAMLSeq,
} from 'yaml';
import { CliError, exitCodes } from '../cli-error.ts';
import { visible } from '../output/terminal.ts';

interface FileProblem {
  readonly line: number;
  readonly message: string;
}

/**
 * Reads a file of alert rules: YAML (or JSON, which is YAML) with a list `rules`, each as the API takes it. Anchors,
 * aliases and merge keys may be used; what they share may stand under keys that begin with `x-`.
 * @param path `-` is standard input.
 * @param options.ownKinds kinds that the server has and this program does not know.
 * @param options.ruleKinds kinds that this program has besides Tailrace's.
 * @throws CliError that names each wrong line, the rule and the field.
 */
export function readRulesFile(
  path: string,
  options: {
    readonly ownKinds?: readonly string[] | undefined;
    readonly ruleKinds?: readonly RuleKind[] | undefined;
  } = {},
): readonly ValidRule[] {
  const kinds = extended(ruleKinds, options.ruleKinds, ({ type }) => type);
  const lines = new LineCounter();
  const document = parseDocument(textOf(path), { lineCounter: lines, uniqueKeys: true, merge: true });
  const [syntax] = document.errors;
  if (syntax) throw wrong(path, [{ line: lines.linePos(syntax.pos[0]).line, message: syntaxProblem(syntax) }]);
  const list = rulesOf(path, document, lines);
  const rules = new Map<string, { readonly rule: ValidRule; readonly line: number }>();
  const problems: FileProblem[] = [];
  for (const [index, node] of list.items.entries()) {
    const at = ['rules', index];
    const validation = validate(plainValue(node, document), kinds, options.ownKinds ?? []);
    const name = validation.rule?.name ?? nameAt(document, at);
    const nameLine = lineOf(document, lines, [...at, 'name']);
    const namesake = rules.get(name);
    if (namesake) {
      problems.push({ line: nameLine, message: `rule ${name}: the rule of line ${namesake.line} has this name too` });
    }
    if (validation.rule) rules.set(name, { rule: validation.rule, line: namesake?.line ?? nameLine });
    for (const { field, message } of validation.problems) {
      const line = lineOf(document, lines, [...at, ...field.split('.')]);
      problems.push({ line, message: `rule ${name}: ${field === '' ? '' : `${field} `}${message}` });
    }
  }
  if (problems.length > 0) throw wrong(path, problems);
  return Array.from(rules.values(), ({ rule }) => rule);
}

const listMissing = 'must have a list named rules';

/** @throws CliError that says what the file has in place of a list of rules. */
function rulesOf(path: string, document: Document, lines: LineCounter): YAMLSeq {
  const { contents } = document;
  const missing = (what: string) => wrong(path, [{ line: 1, message: `${what}: it ${listMissing}` }]);
  if (contents === null || (isScalar(contents) && contents.value === null)) throw missing('the file is empty');
  if (isSeq(contents)) throw missing('the file is a list itself');
  if (!isMap(contents)) throw missing('the file is a single text');
  const strange = contents.items
    .map(({ key }) => key)
    .filter((key) => isScalar(key) && key.value !== 'rules' && !String(key.value).startsWith('x-'));
  if (strange.length > 0) {
    throw wrong(
      path,
      strange.map((key) => ({
        line: lines.linePos((key as Node).range?.[0] ?? 0).line,
        message: `${key} is not a field of a file of rules: it has rules, and what begins with x-`,
      })),
    );
  }
  const list = document.get('rules', true);
  if (isSeq(list)) return list;
  throw list === undefined
    ? missing('the file has no rules')
    : wrong(path, [{ line: lineOf(document, lines, ['rules']), message: 'rules must be a list' }]);
}

/** What is wrong as YAML, without what only speaks to programmers. */
function syntaxProblem({ code, message }: YAMLParseError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here: a file of rules has one';
  const [first = message] = message.split('\n');
  return first.replace(/ at line \d+, column (\d+):?$/, ' (column $1)');
}

/** @returns undefined for an alias that has no end. */
function plainValue(node: unknown, document: Document): unknown {
  const resolved = isAlias(node) ? node.resolve(document) : node;
  try {
    return isNode(resolved) ? resolved.toJS(document) : undefined;
  } catch {
    return undefined;
  }
}

interface Validated {
  readonly rule?: ValidRule;
  readonly problems: readonly FieldProblem[];
}

/** Of a kind that only the server knows, it says what is wrong. */
function validate(input: unknown, kinds: RuleKinds, ownKinds: readonly string[]): Validated {
  const parsed = alertRuleInput.safeParse(input);
  if (parsed.success && !kinds.has(parsed.data.alert_type) && ownKinds.includes(parsed.data.alert_type))
    return { rule: unchecked(parsed.data), problems: [] };
  const validation = validateRule(kinds, input);
  return validation.ok ? { rule: validation.rule, problems: [] } : { problems: validation.problems };
}

function unchecked({ conditions: given, ...input }: AlertRuleInput): ValidRule {
  const { cooldown_minutes: inner, ...conditions } = given;
  return { ...input, conditions, cooldown_minutes: input.cooldown_minutes ?? inner ?? defaultCooldownMinutes };
}

function nameAt(document: Document, at: readonly (string | number)[]): string {
  const name = document.getIn([...at, 'name']);
  return typeof name === 'string' ? name : `number ${Number(at[1]) + 1}`;
}

/** Of the field, or of what it is missing from. */
function lineOf(document: Document, lines: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const keys = path.slice(0, length).map((key) => (/^\d+$/.test(String(key)) ? Number(key) : key));
    const node = document.getIn(keys, true);
    const range = (node as Node | undefined)?.range;
    if (range) return lines.linePos(range[0]).line;
  }
  return 1;
}

function textOf(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw new CliError(`${path}: ${unreadable(error)}`, exitCodes.usage);
  }
  if (!isUtf8(bytes)) throw new CliError(`${path}: this is not text in UTF-8`, exitCodes.usage);
  return bytes.toString('utf8');
}

function unreadable(error: unknown): string {
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'this is a directory, not a file';
    case 'EACCES':
      return 'this file may not be read';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function wrong(path: string, problems: readonly FileProblem[]): CliError {
  const ordered = problems.toSorted((one, other) => one.line - other.line);
  return new CliError(
    ordered.map(({ line, message }) => `${path}:${line}: ${visible(message)}`).join('\n'),
    exitCodes.usage,
  );
}
