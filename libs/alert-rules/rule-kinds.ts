import { absence } from './kinds/absence.ts';
import { errorRate } from './kinds/error-rate.ts';
import { logLevel } from './kinds/log-level.ts';
import { patternMatch } from './kinds/pattern-match.ts';
import type { RuleKinds } from './rule-kind.ts';

/** The kinds that Tailrace comes with. A program that embeds it passes its own besides: `new Map([...ruleKinds, …])`. */
export const ruleKinds: RuleKinds = new Map(
  [errorRate, patternMatch, logLevel, absence].map((kind) => [kind.type, kind]),
);
