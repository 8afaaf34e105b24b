import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SilentBrokers } from './silent-brokers.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new Promise<string>(() => undefined);

it('the watch over silent brokers ends the connection to a broker that owes an answer once the cluster has given it up, and not before', async () => {
  const alive = new Set([1, 2]);
  const asked = vi.fn(async () => alive);
  const brokers = new SilentBrokers(asked);
  const drops = { 1: vi.fn(), 2: vi.fn() };
  const call = (nodeId: 1 | 2, waitMs: number) =>
    void brokers.answered({ nodeId, link: { drop: drops[nodeId] }, waitMs }, never);
  call(2, 0);
  call(1, 5000);
  await vi.advanceTimersByTimeAsync(2900);
  expect(asked).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked).toHaveBeenCalled();
  expect(drops[2]).not.toHaveBeenCalled();
  alive.clear();
  await vi.advanceTimersByTimeAsync(1000);
  expect(drops[2]).toHaveBeenCalled();
  expect(drops[1]).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(3000);
  expect(drops[1]).toHaveBeenCalled();
  brokers.close();
});

it('the watch over silent brokers asks nobody while answers come, and leaves connections alone while no broker answers', async () => {
  const asked = vi.fn(async () => {
    throw new Error('no broker answers');
  });
  const brokers = new SilentBrokers(asked);
  const drop = vi.fn();
  expect(await brokers.answered({ nodeId: 1, link: { drop }, waitMs: 0 }, Promise.resolve('quick'))).toBe('quick');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
  void brokers.answered({ nodeId: 1, link: { drop }, waitMs: 0 }, never);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveBeenCalled();
  expect(drop).not.toHaveBeenCalled();
  brokers.close();
});
