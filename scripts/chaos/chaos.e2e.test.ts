import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EmitRequest } from '../../apps/cloud-simulator/emission/emit-request.ts';
import type { FaultKind } from '../../apps/cloud-simulator/faults/fault.ts';
import { FollowingViewer } from './following-viewer.ts';
import { Installation } from './installation.ts';

/** `CHAOS_SECONDS=120 npm test` for the long one. */
const seconds = Number(process.env.CHAOS_SECONDS ?? 40);
const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 100_000);

let installation: Installation;
beforeAll(async () => {
  installation = await Installation.start();
});
afterAll(() => installation?.stop());

/** What each cloud does wrong while it is read. */
const faultsOf: Record<'aws' | 'azure' | 'gcp', readonly FaultKind[]> = {
  aws: ['throttle', 'server-error', 'connection-reset', 'truncate', 'empty-page', 'short-page', 'duplicate'],
  azure: ['throttle', 'server-error', 'connection-reset', 'truncate', 'partial-error', 'duplicate'],
  gcp: ['throttle', 'server-error', 'connection-reset', 'empty-page', 'duplicate', 'stream-cut', 'suppress'],
};

/** One event for a connection's source. */
function requestFor(cloud: 'aws' | 'azure' | 'gcp', message: string, time: object): EmitRequest {
  if (cloud === 'aws') return { cloud, source: '/ecs/checkout', message, ...time };
  if (cloud === 'azure') return { cloud, source: 'AppTraces', row: { Message: message, SeverityLevel: 1 }, ...time };
  return { cloud, source: 'stdout', entry: { textPayload: message }, ...time };
}

/** mulberry32: what is killed when depends on the seed alone. */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Chances that depend on the seed alone. */
function chance(start: number) {
  const random = randomOf(start);
  return { random, pick: <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]! };
}

it(
  `the installation ends with exactly the ledger after ${seconds} s of kill -9 at random, under load and with faults of the clouds`,
  async () => {
    // Each has its own chance: they run side by side, and the order of their steps is nobody's to repeat.
    const [ofLoad, ofFaults, ofKills] = [chance(seed), chance(seed + 1), chance(seed + 2)] as const;
    console.log(`CHAOS_SEED=${seed}`);
    const { simulator } = installation;
    const viewer = new FollowingViewer(installation, installation.of('fanout')[0]!.url);
    const until = Date.now() + seconds * 1000;

    const load = (async () => {
      let line = 0;
      while (Date.now() < until) {
        const now = Date.now() * 1000;
        const events = Array.from({ length: 1 + Math.floor(ofLoad.random() * 12) }, () => {
          line += 1;
          const time = {
            // One in twenty is late: it shows up seconds after its time, or its time is minutes past.
            ...(ofLoad.random() < 0.05 && { visibleAfterMs: Math.floor(ofLoad.random() * 8000) }),
            ...(ofLoad.random() < 0.02 && { timestamp: now - Math.floor(ofLoad.random() * 100) * 1_000_000 }),
          };
          const message = JSON.stringify({ level: ofLoad.pick(['info', 'warn', 'error']), msg: `line ${line}`, line });
          return requestFor(ofLoad.pick(['aws', 'azure', 'gcp'] as const), message, time);
        });
        simulator.emit(events);
        await delay(20);
      }
    })();

    const faults = (async () => {
      while (Date.now() < until) {
        const cloud = ofFaults.pick(['aws', 'azure', 'gcp'] as const);
        const kind = ofFaults.pick(faultsOf[cloud]);
        const count = 1 + Math.floor(ofFaults.random() * 3);
        simulator.inject({
          cloud,
          kind,
          count,
          ...((kind === 'short-page' || kind === 'partial-error') && { size: 3 }),
        });
        await delay(400 + ofFaults.random() * 1500);
      }
      simulator.clearFaults();
    })();

    const kills: string[] = [];
    while (Date.now() < until) {
      await delay(1000 + ofKills.random() * 3000);
      const victim = ofKills.pick([...installation.processes, 'kafka', 'postgres'] as const);
      if (victim === 'kafka' || victim === 'postgres') {
        kills.push(victim);
        await installation[victim].kill9();
        await delay(ofKills.random() * 2000);
        await installation[victim].restart();
      } else {
        kills.push(victim.name);
        await victim.kill9();
        await delay(ofKills.random() * 1500);
        victim.start();
      }
    }
    await Promise.all([load, faults]);
    console.log(`killed: ${kills.join(' ')}`);

    const expected = installation.expectedIds();
    console.log(`emitted ${expected.size} events`);
    const stored = async () => new Set(await installation.storedIds().catch(() => [])).size;
    await expect.poll(stored, { timeout: 150_000, interval: 500 }).toBe(expected.size);
    await expect.poll(() => viewer.seen.size, { timeout: 60_000, interval: 200 }).toBe(expected.size);

    const ids = await installation.storedIds();
    expect(ids.length).toBe(expected.size);
    expect(ids.filter((id) => !expected.has(id))).toEqual([]);
    expect([...viewer.seen].filter(([id, times]) => times !== 1 || !expected.has(id))).toEqual([]);
    await viewer.stop();
  },
  seconds * 1000 + 300_000,
);
