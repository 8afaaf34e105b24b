import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RepeatedRead } from './repeated-read.ts';

let asked: { readonly signal: AbortSignal; readonly answer: (value: string | Error) => Promise<void> }[];
let told: string[];
let seen: boolean;
let repeated: RepeatedRead<string>;

beforeEach(() => {
  vi.useFakeTimers();
  [asked, told, seen] = [[], [], true];
});
afterEach(() => {
  repeated.stop();
  vi.useRealTimers();
});

function begin(everyMs?: number): void {
  repeated = new RepeatedRead({
    read: (signal) =>
      new Promise((resolve, reject) => {
        const answer = async (value: string | Error) => {
          if (value instanceof Error) reject(value);
          else resolve(value);
          await vi.advanceTimersByTimeAsync(0);
        };
        asked.push({ signal, answer });
      }),
    everyMs,
    isSeen: () => seen,
    onValue: (value) => told.push(value),
    onProblem: (error) => told.push(String(error)),
  });
}

test('a repeated read reads again some time after each answer, also after one that failed', async () => {
  begin(1000);
  await asked[0]?.answer('one');
  vi.advanceTimersByTime(1000);
  await asked[1]?.answer(new Error('away'));
  vi.advanceTimersByTime(999);
  expect(asked).toHaveLength(2);
  vi.advanceTimersByTime(1);
  await asked[2]?.answer('two');
  expect(told).toEqual(['one', 'Error: away', 'two']);
});

test('an older answer that comes late is not passed on, and makes no second round', async () => {
  begin(1000);
  repeated.readNow();
  expect(asked[0]?.signal.aborted).toBe(true);
  await asked[1]?.answer('new');
  await asked[0]?.answer('old');
  expect(told).toEqual(['new']);
  vi.advanceTimersByTime(1000);
  expect(asked).toHaveLength(3);
});

test('a repeated read asks for nothing while nobody can see it, except on request', async () => {
  begin(1000);
  await asked[0]?.answer('one');
  seen = false;
  vi.advanceTimersByTime(10_000);
  expect(asked).toHaveLength(1);
  repeated.readNow();
  expect(asked).toHaveLength(2);
  await asked[1]?.answer('two');
  seen = true;
  vi.advanceTimersByTime(1000);
  expect(asked).toHaveLength(3);
});

test('a repeated read reads once without a time, and passes nothing on once it is stopped', async () => {
  begin();
  repeated.stop();
  await asked[0]?.answer('late');
  vi.advanceTimersByTime(100_000);
  expect([asked.length, told]).toEqual([1, []]);
});
