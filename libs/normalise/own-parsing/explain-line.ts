import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import type { Normalise, RawPosition } from '../normalise.ts';
import type { CompiledRule, CompiledRules } from './compile-rules.ts';
import { type RuleAttempt, RuleSet } from './rule-set.ts';
import { type Stop, whereItStops } from './where-it-stops.ts';

/** What becomes of an event by rules, and why. */
export interface ExplainedLine {
  readonly record: LogRecord;
  /** What the rules were tried on: the line, or the one that an envelope carries; undefined where there is no text. */
  readonly text: string | undefined;
  /** The rule that took it. */
  readonly rule: string | undefined;
  /** Groups whose text is not what the rule says it is. */
  readonly unread: RuleAttempt['unread'];
  /** The rules that were tried and did not take it, in their order, and why. */
  readonly misses: readonly { readonly rule: string; readonly reason: string }[];
}

/** Normalises an event by rules, and says of each what it made of it. */
export function explainLine(
  raw: RawEvent,
  position: RawPosition,
  version: number,
  compiled: CompiledRules,
  normalise: Normalise,
): ExplainedLine {
  const attempts: RuleAttempt[] = [];
  const rules = new RuleSet(version, compiled, (attempt) => attempts.push(attempt));
  const record = normalise(raw, position, { rules });
  const success = attempts.find((attempt) => attempt.rule !== undefined);
  const texts = [...new Set(attempts.map((attempt) => attempt.text))];
  const taker = compiled.rules.findIndex(({ name }) => name === success?.rule);
  const tried = taker < 0 ? compiled.rules : compiled.rules.slice(0, taker);
  return {
    record,
    text: success?.text ?? texts[0],
    rule: success?.rule,
    unread: success?.unread ?? [],
    misses:
      texts.length === 0
        ? []
        : tried.map((rule) => ({ rule: rule.name, reason: missOf(rule, texts, raw.stream, compiled) })),
  };
}

/** Why a rule takes none of the texts: of the one that fits most of its pattern. */
function missOf(rule: CompiledRule, texts: readonly string[], stream: string, { seenLength }: CompiledRules): string {
  if (!rule.isOfStream(stream)) return 'it is of another stream than the rule is for';
  const holding = texts.filter((text) => text.includes(rule.contains));
  if (holding.length === 0) return `it does not contain ${JSON.stringify(rule.contains)}`;
  let best: Stop | undefined;
  let beyond = '';
  for (const text of holding) {
    const first = rule.isMultiline ? text : (text.split('\n', 1)[0] ?? '');
    const stop = whereItStops(rule.pattern, first.slice(0, seenLength));
    if (first.length > seenLength) beyond = `; the rules see the first ${seenLength} characters`;
    if (stop !== undefined && stop.fits.length > (best?.fits.length ?? -1)) best = stop;
  }
  if (best === undefined) return `the pattern finds nothing in it${beyond}`;
  if (best.fits === '') return `it has nothing that fits ${best.part}${beyond}`;
  return `it fits ${best.fits} and nothing behind that fits ${best.part}${beyond}`;
}
