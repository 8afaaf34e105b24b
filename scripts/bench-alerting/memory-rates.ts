import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import { normalise } from '@tailrace/normalise/normalise.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import { type LogRecord, logRecordCodec } from '@tailrace/schemas/generated/log-record.ts';
import { type RawEvent, rawEventCodec } from '@tailrace/schemas/generated/raw-event.ts';
import { benchRules } from './bench-rules.ts';
import { compileAll, LiveEvaluation } from './live-evaluation.ts';

const projects = 100;
const batch = 2000;
const position = { partition: 0, offset: 0 };

export interface MemoryRatesOptions {
  readonly events: readonly RawEvent[];
  /** Measured ones, after one to warm up. */
  readonly rounds: number;
}

/**
 * What alerting costs without a broker: decoding, matching and evaluating, in this process, beside the normaliser's work
 * (decode, normalise, encode) on the same events.
 */
export function printMemoryRates({ events, rounds }: MemoryRatesOptions): void {
  const records = events.map((event) => normalise(event, position));
  const inOne = encodeAll(records.map((record) => ({ ...record, project_id: 'proj-0' })));
  const inMany = encodeAll(records.map((record, index) => ({ ...record, project_id: `proj-${index % projects}` })));
  const raw = events.map((event) => Buffer.from(rawEventCodec.encode(event)));
  const rateOf = (work: () => void) => medianRate(events.length, rounds, work);

  const normaliser = rateOf(() => {
    for (const value of raw) logRecordCodec.encode(normalise(rawEventCodec.decode(value), position));
  });
  print({ what: 'normaliser (decode, normalise, encode)', per_s: Math.round(normaliser) });
  const allProjects = Array.from({ length: projects }, (_, index) => `proj-${index}`);
  const cases: readonly (readonly [string, readonly AlertRule[], readonly Buffer[]])[] = [
    ['1 rule', benchRules('proj-0', 1), inOne],
    ['1,000 rules of one project', benchRules('proj-0', 1000), inOne],
    ['10,000 rules of 100 projects', allProjects.flatMap((project) => benchRules(project, 100)), inMany],
  ];
  let one: number | undefined;
  for (const [what, rules, encoded] of cases) {
    const compiled = compileAll(rules);
    const rate = rateOf(() => evaluate(compiled, encoded));
    one ??= rate;
    const ratio = (to: number) => Number((rate / to).toFixed(2));
    print({ what, per_s: Math.round(rate), to_1_rule: ratio(one), to_normaliser: ratio(normaliser) });
  }
}

function evaluate(rules: readonly CompiledRule[], encoded: readonly Buffer[]): void {
  const live = new LiveEvaluation(rules);
  for (const [index, value] of encoded.entries()) {
    live.add(logRecordCodec.decode(value));
    if (index % batch === batch - 1) live.settle();
  }
  live.settle();
}

function encodeAll(records: readonly LogRecord[]): Buffer[] {
  return records.map((record) => Buffer.from(logRecordCodec.encode(record)));
}

function medianRate(count: number, rounds: number, work: () => void): number {
  const rates = Array.from({ length: rounds + 1 }, () => {
    const started = performance.now();
    work();
    return (count / (performance.now() - started)) * 1000;
  });
  return rates.slice(1).sort((one, other) => one - other)[Math.floor(rounds / 2)] ?? 0;
}

function print(result: object): void {
  console.log(JSON.stringify({ bench: 'alerting', where: 'one process, no broker', ...result }));
}
