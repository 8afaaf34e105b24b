import { readFileSync } from 'node:fs';
import { type AlertRuleInput, alertRuleInput, defaultCooldownMinutes } from '@tailrace/alert-rules/alert-rule-input.ts';
import { type FieldProblem, fieldProblems } from '@tailrace/alert-rules/field-problems.ts';
import { ruleKinds } from '@tailrace/alert-rules/rule-kinds.ts';
import { type ValidRule, validateRule } from '@tailrace/alert-rules/validate-rule.ts';
import { type Document, isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { CliError, exitCodes } from '../cli-error.ts';

/**
 * Reads a file of alert rules: YAML (or JSON, which is YAML) with a list `rules`, each as the API takes it.
 * @param path `-` is standard input.
 * @throws CliError that names each wrong line, the rule and the field.
 */
export function readRulesFile(path: string): readonly ValidRule[] {
  const lines = new LineCounter();
  const document = parseDocument(textOf(path), { lineCounter: lines, uniqueKeys: true });
  const [syntax] = document.errors;
  if (syntax) throw wrong(path, [`${lines.linePos(syntax.pos[0]).line}: ${syntax.message.split('\n')[0]}`]);
  const list = isMap(document.contents) ? document.get('rules', true) : undefined;
  if (!isSeq(list)) throw wrong(path, ['1: must have a list named rules']);
  const rules: ValidRule[] = [];
  const problems: string[] = [];
  for (const [index, node] of list.items.entries()) {
    const at = ['rules', index];
    const validation = validate(isMap(node) ? node.toJS(document) : undefined);
    const name = validation.rule?.name ?? nameAt(document, at);
    if (rules.some((rule) => rule.name === name)) {
      problems.push(`${lineOf(document, lines, [...at, 'name'])}: rule ${name}: another rule above has this name`);
    }
    if (validation.rule) rules.push(validation.rule);
    for (const { field, message } of validation.problems) {
      const line = lineOf(document, lines, [...at, ...field.split('.')]);
      problems.push(`${line}: rule ${name}: ${field === '' ? '' : `${field} `}${message}`);
    }
  }
  if (problems.length > 0) throw wrong(path, problems);
  return rules;
}

interface Validated {
  readonly rule?: ValidRule;
  readonly problems: readonly FieldProblem[];
}

/** A kind that is not ours may be one of the server's own: then it says what is wrong. */
function validate(input: unknown): Validated {
  const parsed = alertRuleInput.safeParse(input);
  if (parsed.success && !ruleKinds.has(parsed.data.alert_type)) return { rule: unchecked(parsed.data), problems: [] };
  if (input === undefined) return { problems: fieldProblems(parsed.error!, 'an alert rule') };
  const validation = validateRule(ruleKinds, input);
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
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new CliError(`${path}: ${error instanceof Error ? error.message : error}`, exitCodes.usage);
  }
}

function wrong(path: string, problems: readonly string[]): CliError {
  return new CliError(problems.map((problem) => `${path}:${problem}`).join('\n'), exitCodes.usage);
}
