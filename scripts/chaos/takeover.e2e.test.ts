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
afterAll(() => installation?.stop());

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

async function allSeen(viewer: FollowingViewer, messages: readonly string[]): Promise<void> {
  const missing = () => messages.filter((each) => !viewer.seenAt.has(each));
  await expect.poll(missing, { timeout: 60_000 }).toEqual([]);
}

async function storedOnce(): Promise<void> {
  await installation.storedAll();
  expect((await installation.storedIds()).length).toBe(installation.expectedIds().size);
}

describe('a second process', () => {
  it.each<RoleName>(['ingest', 'normaliser', 'sink', 'fanout'])(
    'of %s takes over from the first one after its kill -9',
    async (role) => {
      const [first] = installation.of(role) as [RoleProcess];
      const second = await installation.add(role);
      await second.ready();
      const fanout = role === 'fanout' ? second : (installation.of('fanout').at(-1) as RoleProcess);
      const viewer = viewerOf(fanout);
      await pathMs(viewer, 30_000);
      await first.kill9();
      // The second one is the only one from here on.
      installation.processes.splice(installation.processes.indexOf(first), 1);
      const killed = performance.now();
      // Lines go on all the while, so that whatever the dead process owned has something to do.
      const emitted = new Map<string, number>();
      while (performance.now() - killed < takeoverMs) {
        emitted.set(emit(), performance.now());
        await delay(250);
      }
      await allSeen(viewer, [...emitted.keys()]);
      const waits = [...emitted].map(([message, at]) => (viewer.seenAt.get(message) ?? 0) - at);
      console.log(`${role} killed: no line came later than ${Math.max(...waits).toFixed(0)} ms`);
      await storedOnce();
      expect([...viewer.seen.values()].every((times) => times === 1)).toBe(true);
      await viewer.stop();
    },
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
      const messages: string[] = [];
      while (performance.now() - paused < takeoverMs) {
        messages.push(emit());
        await delay(200);
      }
      first.continue();
      for (let index = 0; index < 20; index += 1) {
        messages.push(emit());
        await delay(100);
      }
      await allSeen(viewer, messages);
      await storedOnce();
      expect([...viewer.seen.values()].every((times) => times === 1)).toBe(true);
      await viewer.stop();
      await second.stop();
      installation.processes.splice(installation.processes.indexOf(second), 1);
    },
  );
});

describe('a line', () => {
  it('is on a WebSocket soon after it is visible in the cloud’s API', async () => {
    const viewer = viewerOf(installation.of('fanout').at(-1) as RoleProcess);
    await pathMs(viewer, 30_000);
    const times: number[] = [];
    for (let index = 0; index < 20; index += 1) {
      times.push(await pathMs(viewer, 10_000));
      await delay(50 + (index % 7) * 40);
    }
    times.sort((a, b) => a - b);
    console.log(`AWS visible → WebSocket, ms: p50 ${times[10]?.toFixed(0)} max ${times.at(-1)?.toFixed(0)}`);
    // Half a second of polling, and the way through: on a quiet machine below a second, on a loaded one no hang.
    expect(times[10]).toBeLessThan(5000);
    await viewer.stop();
  });
});
