import { ruleKind } from '@tailrace/alert-rules/rule-kind.ts';
import { z } from 'zod';

/**
 * An own kind of rule, whole: too many requests that take too long, by an attribute that a parser found. Rules of it are
 * validated, indexed, evaluated and tried on the past like any other: `extensions: { ruleKinds: [slowRequests] }`.
 */
export const slowRequests = ruleKind({
  type: 'slow_requests',
  title: 'Too many slow requests',
  summary: '{requests} requests slower than {slower_than_ms} ms',
  conditionsSchema: z.strictObject({
    slower_than_ms: z.number().positive(),
    requests: z.int().min(1).describe('That many within the window.'),
    window_minutes: z.int().min(1).max(60),
    path: z.string().default('').describe('Part of the body.'),
  }),
  lines: ({ slower_than_ms, path }) => ({
    // A literal part is searched together with those of all other rules, so most lines never reach the test.
    ...(path !== '' && { regex: `\\Q${path}\\E` }),
    test: ({ attributes }) => Number(attributes.duration_ms) > slower_than_ms,
  }),
  condition: ({ requests, window_minutes }) => ({
    type: 'count',
    windowMs: window_minutes * 60_000,
    atLeast: requests,
    unit: 'lines',
    threshold: requests,
    repeats: 'crossings',
  }),
});
