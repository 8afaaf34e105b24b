import { describe, expect, it } from 'vitest';
import { freshCoverage, markSwept } from './coverage.ts';
import { completeUpTo } from './watermark.ts';

const whole = { start: 0, end: Number.POSITIVE_INFINITY };

describe('completeUpTo', () => {
  it('is the start before anything was swept', () => {
    expect(completeUpTo(freshCoverage(1000), 'event', 10)).toBe(1000);
    expect(completeUpTo(freshCoverage(1000), 'ingestion', 10)).toBe(990);
  });

  it('follows the last sweep by the lateness measured', () => {
    expect(completeUpTo(markSwept(freshCoverage(1000), whole, 5000, 300), 'event', 40)).toBe(4960);
    expect(completeUpTo(markSwept(freshCoverage(1000), whole, 5000, 300), 'ingestion', 40)).toBe(4960);
  });

  it('stops at the first stretch that was not swept, or swept too early', () => {
    const live = markSwept(freshCoverage(1000), { start: 4000, end: Number.POSITIVE_INFINITY }, 5000, 300);
    expect(completeUpTo(live, 'event', 40)).toBe(1000);
    const filled = markSwept(live, { start: 1000, end: 3000 }, 5100, 300);
    expect(completeUpTo(filled, 'event', 40)).toBe(3000);
    const early = markSwept(live, { start: 1000, end: 4000 }, 2000, 300);
    expect(completeUpTo(early, 'event', 40)).toBe(1960);
  });
});
