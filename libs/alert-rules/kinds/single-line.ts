import { bucketMs } from '../bucket.ts';
import type { CountCondition } from '../rule-kind.ts';

/** The condition of kinds that alert on any one line. */
export const singleLine: CountCondition = {
  type: 'count',
  windowMs: bucketMs,
  atLeast: 1,
  unit: 'lines',
  threshold: 1,
  repeats: 'lines',
};
