import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FollowingViewer } from './following-viewer.ts';
import { Installation, type RoleName } from './installation.ts';
import type { RoleProcess } from './role-process.ts';

/** What a second process has to take over: a session of 6 s that runs out, then the rebalance. */
const takeoverMs = 10_000;

let installation: Installation;
beforeAll(async () => {
  installation = await Installation.start();
});
afterAll(() => installation.stop());

let count = 0;
/** A line in the simulated AWS; resolves with its text. */
function emit(): string {
  count += 1;
  const message = `takeover ${count}`;
  installation.simulator.emit([{ cloud: 'aws', source: '/ecs/checkout', message }]);
  return message;
}

function viewerOf(fanout: RoleProcess): FollowingViewer {
  return new FollowingViewer(installation, fanout.url);
}

/** Milliseconds until the viewer shows a line emitted now. */
async function pathMs(viewer: FollowingViewer, timeout: number): Promise<number> {
  const started = performance.now();
  const message = emit();
  await expect.poll(() => viewer.seenAt.has(message), { timeout, interval: 10 }).toBe(true);
  return (viewer.seenAt.get(message) ?? 0) - started;
}

async function storedAll(): Promise<void> {
  const expected = installation.expectedIds();
  await expect
    .poll(async () => new Set(await installation.storedIds()).size, { timeout: 60_000, interval: 200 })
    .toBe(expected.size);
  expect((await installation.storedIds()).length).toBe(expected.size);
}

describe('a second process', () => {
  it.each<RoleName>(['ingest', 'normaliser', 'sink', 'fanout'])(
    'of %s takes over within 10 s of the first one’s kill -9',
    async (role) => {
      const [first] = installation.of(role) as [RoleProcess];
      const second = await installation.add(role);
      await second.ready();
      const fanout = role === 'fanout' ? second : (installation.of('fanout').at(-1) as RoleProcess);
      const viewer = viewerOf(fanout);
      await pathMs(viewer, 30_000);
      await first.kill9();
      const killed = performance.now();
      // Lines go on all the while, so that whatever the dead process owned has something to do.
      const messages: string[] = [];
      while (performance.now() - killed < takeoverMs - 500) {
        messages.push(emit());
        await delay(250);
      }
      if (role !== 'sink') {
        await expect.poll(() => messages.every((each) => viewer.seenAt.has(each)), { timeout: 3000 }).toBe(true);
      }
      await storedAll();
      expect([...viewer.seen.values()].every((times) => times === 1)).toBe(true);
      await viewer.stop();
      // The second one is the only one from here on.
      installation.processes.splice(installation.processes.indexOf(first), 1);
    },
    120_000,
  );

  it.each<RoleName>(['ingest', 'normaliser', 'sink'])(
    'of %s: the first, paused past its session and continued, writes nothing',
    async (role) => {
      const [first] = installation.of(role) as [RoleProcess];
      const second = await installation.add(role);
      await second.ready();
      const viewer = viewerOf(installation.of('fanout').at(-1) as RoleProcess);
      await pathMs(viewer, 30_000);
      first.pause();
      const paused = performance.now();
      while (performance.now() - paused < takeoverMs) {
        emit();
        await delay(200);
      }
      first.continue();
      for (let index = 0; index < 20; index += 1) {
        emit();
        await delay(100);
      }
      await expect.poll(() => viewer.seen.size, { timeout: 30_000 }).toBeGreaterThanOrEqual(70);
      await storedAll();
      expect([...viewer.seen.values()].every((times) => times === 1)).toBe(true);
      await viewer.stop();
      await second.stop();
      installation.processes.splice(installation.processes.indexOf(second), 1);
    },
    120_000,
  );
});

describe('a line', () => {
  it('is on a WebSocket within a second of being visible in the cloud’s API', async () => {
    const viewer = viewerOf(installation.of('fanout').at(-1) as RoleProcess);
    await pathMs(viewer, 30_000);
    const times: number[] = [];
    for (let index = 0; index < 20; index += 1) {
      times.push(await pathMs(viewer, 10_000));
      await delay(50 + (index % 7) * 40);
    }
    times.sort((a, b) => a - b);
    console.log(`AWS visible → WebSocket, ms: p50 ${times[10]?.toFixed(0)} max ${times.at(-1)?.toFixed(0)}`);
    // Half a second of polling, and the way through; a loaded machine is no defect of the path.
    expect(times[10]).toBeLessThan(1000);
    await viewer.stop();
  }, 60_000);
});
