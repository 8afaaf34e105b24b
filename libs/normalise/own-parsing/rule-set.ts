import { severityOfWord } from '@tailrace/log-record/severity.ts';
import type { Draft, LineRules } from '../draft.ts';
import { readMessage } from '../json/json-text.ts';
import type { CompiledRule, CompiledRules, GroupUse } from './compile-rules.ts';

/** What was tried on one text: for the preview. */
export interface RuleAttempt {
  readonly text: string;
  /** The rule that took it; undefined where none did. */
  readonly rule: string | undefined;
  /** Groups whose text is not what the rule says it is: no time, no level that is known. */
  readonly unread: readonly { readonly group: string; readonly use: 'time' | 'level'; readonly text: string }[];
}

/** A level that a rule of the connection states counts before any other. */
const ruleRank = -1;
const word = /[\p{L}\p{N}]/u;

/** The rules of a connection at a version. */
export class RuleSet implements LineRules {
  readonly version: number;
  readonly #compiled: CompiledRules;
  readonly #byStream: boolean;
  readonly #observe: ((attempt: RuleAttempt) => void) | undefined;

  /** @param observe is given every text that is tried. */
  constructor(version: number, compiled: CompiledRules, observe?: (attempt: RuleAttempt) => void) {
    this.version = version;
    this.#compiled = compiled;
    this.#byStream = compiled.rules.some(({ hasStream }) => hasStream);
    this.#observe = observe;
  }

  /** Those that are tried on lines of a stream; undefined where there are none. */
  of(stream: string): LineRules | undefined {
    const isWatched = this.#observe !== undefined;
    if (this.#compiled.rules.length === 0 && !isWatched) return undefined;
    if (!this.#byStream) return this;
    const rules = this.#compiled.rules.filter((rule) => rule.isOfStream(stream));
    if (rules.length === 0 && !isWatched) return undefined;
    return { read: (text, draft) => this.#read(rules, text, draft) };
  }

  read(text: string, draft: Draft): boolean {
    return this.#read(this.#compiled.rules, text, draft);
  }

  #read(rules: readonly CompiledRule[], text: string, draft: Draft): boolean {
    const { seenLength } = this.#compiled;
    const lineEnd = text.indexOf('\n');
    const end = Math.min(text.length, seenLength);
    const whole = end === text.length ? text : text.slice(0, end);
    const first = lineEnd < 0 || lineEnd >= end ? whole : text.slice(0, lineEnd);
    for (const rule of rules) {
      if (rule.contains !== '' && !text.includes(rule.contains)) continue;
      const seen = rule.isMultiline ? whole : first;
      const bounds = rule.expression.finds(seen) ? rule.expression.match(seen) : undefined;
      if (bounds === undefined) continue;
      const unread = applyRule(rule, { text, seenEnd: seen.length, bounds }, draft);
      draft.rule = rule.name;
      this.#observe?.({ text, rule: rule.name, unread });
      return true;
    }
    this.#observe?.({ text, rule: undefined, unread: [] });
    return false;
  }
}

interface Match {
  readonly text: string;
  /** Behind what the pattern saw of it. */
  readonly seenEnd: number;
  readonly bounds: readonly number[];
}

/** Fills the draft by the groups of a match. What no group has taken is kept in `log.record.original`. */
function applyRule(rule: CompiledRule, match: Match, draft: Draft): RuleAttempt['unread'] {
  const { text } = match;
  const unread: { group: string; use: 'time' | 'level'; text: string }[] = [];
  const taken: (readonly [from: number, to: number])[] = [];
  const { keepsAll } = draft;
  draft.keepsAll = true;
  let message: string | undefined;
  let statesLevel = false;
  for (const group of rule.groups) {
    const [from, to] = spanOf(group, match);
    if (from < 0 || from === to) continue;
    const value = text.slice(from, to);
    taken.push([from, to]);
    if (group.use === 'message' && message === undefined) message = value;
    else if (group.use === 'time') {
      if (!readTime(rule, value, draft)) unread.push({ group: group.name, use: 'time', text: value });
    } else if (group.use === 'level') {
      const number = rule.mappedSeverity(value) ?? severityOfWord(value.trim());
      if (number === 0) unread.push({ group: group.name, use: 'level', text: value });
      else if (statesLevel) draft.attribute(group.attribute, value);
      else draft.level(number, value, group.attribute, ruleRank);
      statesLevel ||= number !== 0;
    } else setField(group.attribute, value, draft);
  }
  for (const { use, text: value, group } of unread) draft.attribute(attributeOf(rule, group, use), value);
  if (rule.alwaysSeverity !== 0 && !statesLevel) draft.level(rule.alwaysSeverity, '', 'level', ruleRank);
  if (message === undefined) draft.message(text);
  else {
    if (hasWord(text, taken)) draft.attribute('log.record.original', text);
    readMessage(message, draft);
  }
  draft.keepsAll = keepsAll;
  return unread;
}

/**
 * Where a group's text stands. A message that ends where the text does that the pattern saw goes on to the end of the
 * event: stack traces belong to it.
 */
function spanOf({ index, use }: GroupUse, { text, seenEnd, bounds }: Match): readonly [from: number, to: number] {
  const [from = -1, to = -1] = [bounds[2 * index], bounds[2 * index + 1]];
  if (use !== 'message' || from < 0 || to !== bounds[1] || to === text.length) return [from, to];
  return [from, to === seenEnd ? text.length : to];
}

function attributeOf({ groups }: CompiledRule, name: string, use: GroupUse['use']): string {
  return groups.find((group) => group.name === name && group.use === use)?.attribute ?? name;
}

function readTime(rule: CompiledRule, text: string, draft: Draft): boolean {
  const iso = rule.readTime(text, draft.timestamp);
  if (iso === undefined || draft.hasTime) return false;
  draft.time(iso);
  return true;
}

/** Ids and names that a record has fields of its own for go there, where they are such and no other is known. */
function setField(name: string, text: string, draft: Draft): void {
  if (name === 'trace_id' && draft.trace(text)) return;
  if (name === 'span_id' && draft.span(text)) return;
  if (name === 'service.name') draft.service(text, name);
  else if (name === 'host.name') draft.host(text);
  else draft.attribute(name, text);
}

/** Whether a letter or digit stands outside of all spans. */
function hasWord(text: string, spans: readonly (readonly [from: number, to: number])[]): boolean {
  let at = 0;
  for (const [from, to] of spans.toSorted(([one], [other]) => one - other)) {
    if (from > at && word.test(text.slice(at, from))) return true;
    at = Math.max(at, to);
  }
  return word.test(text.slice(at));
}
