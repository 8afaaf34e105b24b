import { z } from 'zod';
import { ruleKind } from '../rule-kind.ts';
import { minuteMs, windowMinutes } from './window-minutes.ts';

/**
 * A connection that gives no line. Not one that cannot be read: then nothing is known about its lines, and the
 * connection's own status says so.
 */
export const absence = ruleKind({
  type: 'absence',
  title: 'Silence of a source',
  summary: 'a source is silent for {window_minutes} min',
  conditionsSchema: z.strictObject({ window_minutes: windowMinutes }),
  groupBy: 'connection',
  lines: () => ({}),
  condition: ({ window_minutes }) => ({ type: 'silence', windowMs: window_minutes * minuteMs }),
});
