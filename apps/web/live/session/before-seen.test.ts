import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { beforeSeen } from './before-seen.ts';

let draw: (() => void) | undefined;

beforeEach(() => {
  vi.useFakeTimers();
  draw = undefined;
  vi.stubGlobal('document', { hidden: false });
  vi.stubGlobal('requestAnimationFrame', (work: () => void) => {
    draw = work;
    return 1;
  });
  vi.stubGlobal('cancelAnimationFrame', () => {
    draw = undefined;
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('what waits for the next picture works before the next picture, once', () => {
  const work = vi.fn();
  beforeSeen(work, true);
  draw?.();
  vi.advanceTimersByTime(10_000);
  expect(work).toHaveBeenCalledTimes(1);
});

test('what waits for the next picture works within a second also where the tab is hidden before it is drawn, once', () => {
  const work = vi.fn();
  beforeSeen(work, true);
  vi.stubGlobal('document', { hidden: true });
  vi.advanceTimersByTime(1000);
  expect(work).toHaveBeenCalledTimes(1);
  draw?.();
  expect(work).toHaveBeenCalledTimes(1);
});

test('what waits for the next picture works without a picture where nobody looks', () => {
  const work = vi.fn();
  beforeSeen(work, false);
  vi.advanceTimersByTime(250);
  vi.stubGlobal('document', { hidden: true });
  beforeSeen(work, true);
  vi.advanceTimersByTime(1000);
  expect(work).toHaveBeenCalledTimes(2);
  expect(draw).toBeUndefined();
});
