import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { awsEvent } from './aws-events.ts';
import { FollowingViewer } from './following-viewer.ts';
import { Installation, project } from './installation.ts';
import { latencyOf } from './live-load.ts';
import type { RoleProcess } from './role-process.ts';

/** `TENANTS_SECONDS=60 npm test -- --project e2e scripts/chaos/tenants` for the long one. */
const seconds = Number(process.env.TENANTS_SECONDS ?? 20);
/**
 * A broker that has just started spends a fifth of two cores on compiling itself while it is attacked first, which no
 * installation that is in use does. The long form looks at one that is in use.
 */
const warmUpSeconds = seconds < 60 ? 0 : 20;
const quietSeconds = Math.min(10, seconds / 2);
const attacker = 'attacker';
const storedLines = 30_000;

let installation: Installation;
let kafka: Kafka;
beforeAll(async () => {
  installation = await Installation.start();
  for (const role of ['alerting', 'replayer'] as const) await installation.add(role);
  await Promise.all(installation.processes.map((each) => each.ready()));
  kafka = await openKafka({
    brokers: installation.kafka.brokers.split(','),
    topicPrefix: '',
    logger: createLogger({ level: 'silent' }),
  });
  await fillProject();
  if (warmUpSeconds > 0) await warmUp();
});
afterAll(async () => {
  await kafka?.close();
  await installation?.stop();
});

let written = 0;
/** Writes lines as ingest does. */
async function write(owner: string, bodies: readonly string[]): Promise<void> {
  const producer = await kafka.producer();
  const timestamp = Date.now() * 1000;
  await producer.send(
    bodies.map((message, index) => {
      written += 1;
      const connection = `conn_${owner}_${index % 4}`;
      return awsEvent({ project: owner, connection, id: `event-${written}`, timestamp: timestamp + index, message });
    }),
  );
  await producer.close();
}

/** What the attacker has to search in, fetch and replay. */
async function fillProject(): Promise<void> {
  for (let sent = 0; sent < storedLines; sent += 5000) {
    const line = (index: number) =>
      `request ${sent + index} of user ${index % 97} took ${index % 997} ms ${'.'.repeat(200)}`;
    await write(
      attacker,
      Array.from({ length: 5000 }, (_, index) => line(index)),
    );
  }
  const client = new pg.Client({ connectionString: installation.postgres.databaseUrl });
  await client.connect();
  const stored = async () =>
    (await client.query('select count(*)::int as count from logs where project_id = $1', [attacker])).rows[0].count;
  await vi.waitFor(async () => expect(await stored()).toBe(storedLines), { timeout: 120_000, interval: 500 });
  await client.end();
}

/** About 200 lines a second of the project that is followed, each timed until the viewer has it. */
class Followed {
  readonly viewer: FollowingViewer;
  readonly #sentAt = new Map<string, number>();
  readonly #run = crypto.randomUUID();
  #sent = 0;

  constructor(viewer: FollowingViewer) {
    this.viewer = viewer;
  }

  /**
   * Sends until one batch has come from each of its partitions: only then does the viewer follow all of them, and no line
   * that is counted was written before.
   */
  async warmUp(): Promise<void> {
    let batches = 0;
    await expect
      .poll(
        async () => {
          batches += 1;
          const batch = Array.from({ length: 10 }, (_, index) => `warm-up ${this.#run} ${batches}-${index}`);
          await write(project, batch);
          await expect.poll(() => batch.every((body) => this.viewer.seenAt.has(body)), { timeout: 2000 }).toBe(true);
          return true;
        },
        { timeout: 60_000 },
      )
      .toBe(true);
  }

  /** Sends for a while. @returns the lines' latencies, milliseconds; those that have not come are missing. */
  async send(forMs: number): Promise<() => number[]> {
    const bodies: string[] = [];
    const began = performance.now();
    for (let due = 0; performance.now() - began < forMs; due += 10) {
      const batch = Array.from({ length: 10 }, () => `followed ${this.#run} ${this.#sent++}`);
      for (const body of batch) this.#sentAt.set(body, performance.now());
      bodies.push(...batch);
      await write(project, batch);
      await delay(Math.max(0, began + due * 5 + 50 - performance.now()));
    }
    return () =>
      bodies.flatMap((body) => {
        const seenAt = this.viewer.seenAt.get(body);
        return seenAt === undefined ? [] : [seenAt - (this.#sentAt.get(body) ?? 0)];
      });
  }

  missing(): string[] {
    return [...this.#sentAt.keys()].filter((body) => !this.viewer.seenAt.has(body));
  }
}

/** Asks for health until it is stopped. @returns how long each answer took, milliseconds. */
function watchHealth({ url }: RoleProcess): () => Promise<number[]> {
  const times: number[] = [];
  let isOn = true;
  const watching = (async () => {
    while (isOn) {
      const asked = performance.now();
      const answered = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(30_000) }).catch(() => undefined);
      await answered?.text();
      times.push(answered?.ok ? performance.now() - asked : 30_000);
      await delay(50);
    }
  })();
  return async () => {
    isOn = false;
    await watching;
    return times;
  };
}

function memoryOf({ pid }: RoleProcess): number {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}

/** Seconds that a process's main thread has had a processor, and that it has waited for one (proc(5), schedstat). */
function threadOf({ pid }: RoleProcess): readonly [ran: number, waited: number] {
  const [ran = 0, waited = 0] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ').map(Number);
  return [ran / 1e9, waited / 1e9];
}

/** Who attacks, by subject, all of one project. */
interface Attackers {
  /** What was asked from an address before counts against it, so each attack has addresses of its own. */
  readonly addresses: readonly string[];
  readonly viewers: readonly string[];
  readonly editor?: string;
}

async function attack(
  api: RoleProcess,
  fanout: RoleProcess,
  attackers: Attackers,
  forSeconds: number,
): Promise<Record<string, Record<string, number>>> {
  const tokenOf = (subject: string, role: 'viewer' | 'editor') =>
    installation.tokenOf({ subject, project: attacker, role });
  const viewers = attackers.viewers.map((subject) => tokenOf(subject, 'viewer'));
  const child = spawn(process.execPath, [join(import.meta.dirname, 'attack.fixture.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      API: api.url,
      FANOUT: fanout.url,
      PROJECT: attacker,
      ADDRESSES: attackers.addresses.join(','),
      ...(attackers.editor !== undefined && { EDITOR: await tokenOf(attackers.editor, 'editor') }),
      VIEWERS: (await Promise.all(viewers)).join(','),
      SECONDS: String(forSeconds),
    },
  });
  // He has a machine of his own, so he gets what the installation leaves him of this one.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  process.off('exit', end);
  return JSON.parse(output);
}

function printed(times: readonly number[]): string {
  const { lines, p50, p99 } = latencyOf(times);
  return `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms (${lines})`;
}

async function warmUp(): Promise<void> {
  const [[api], [fanout]] = [installation.of('api'), installation.of('fanout')] as [[RoleProcess], [RoleProcess]];
  await attack(api, fanout, { addresses: addressesFrom(10), viewers: ['early'] }, warmUpSeconds);
}

const addressesFrom = (first: number) => [0, 1, 2, 3].map((step) => `127.0.0.${first + step}`);

it.each<[string, Attackers]>([
  ['one viewer of another tenant does his worst', { addresses: addressesFrom(2), viewers: ['eve'] }],
  ['another tenant does its worst', { addresses: addressesFrom(6), viewers: ['ann', 'bob', 'eve'], editor: 'mallory' }],
])(
  `is served in full while %s for ${seconds} s`,
  async (_name, attackers) => {
    const [[api], [fanout]] = [installation.of('api'), installation.of('fanout')] as [[RoleProcess], [RoleProcess]];
    const followed = new Followed(new FollowingViewer(installation, fanout.url));
    await followed.warmUp();

    const health = [watchHealth(api), watchHealth(fanout)];
    const quiet = await followed.send(quietSeconds * 1000);
    const quietHealth = await Promise.all(health.map((stop) => stop()));
    const memoryBefore = [api, fanout].map(memoryOf);

    const before = [api, fanout].map(threadOf);
    const underAttack = [watchHealth(api), watchHealth(fanout)];
    const [answers, lines] = await Promise.all([
      attack(api, fanout, attackers, seconds),
      followed.send(seconds * 1000),
    ]);
    const attackedHealth = await Promise.all(underAttack.map((stop) => stop()));
    const memoryAfter = [api, fanout].map(memoryOf);
    const after = [api, fanout].map(threadOf);

    await expect.poll(() => followed.missing(), { timeout: 120_000, interval: 200 }).toEqual([]);
    expect([...followed.viewer.seen.values()].every((times) => times === 1)).toBe(true);

    for (const [attacked, counts] of Object.entries(answers)) console.log(`${attacked}: ${JSON.stringify(counts)}`);
    for (const [index, name] of ['api', 'fanout'].entries()) {
      console.log(
        `/healthz of ${name}: quiet ${printed(quietHealth[index]!)}; attacked ${printed(attackedHealth[index]!)}`,
      );
      const [ran, waited] = [0, 1].map((part) => after[index]![part]! - before[index]![part]!);
      console.log(`main thread of ${name}: ran ${ran!.toFixed(1)} s, waited for a processor ${waited!.toFixed(1)} s`);
      console.log(`memory of ${name}: ${memoryBefore[index]} MiB, then ${memoryAfter[index]} MiB`);
    }
    console.log(`a line of the other project: quiet ${printed(quiet())}; attacked ${printed(lines())}`);

    // He really was held back: what he did too much of was refused, and what costs too much at once never begins.
    const refused = (attacked: string) =>
      Object.entries(answers[attacked] ?? {}).reduce(
        (sum, [code, count]) => (/^4\d\d$/.test(code) ? sum + count : sum),
        0,
      );
    const expected = ['huge expressions', 'slow searches', 'backtests', 'requests with a bad token'];
    expect(expected.filter((attacked) => refused(attacked) === 0)).toEqual([]);
    // On a machine that does this and other things besides; what it took is printed.
    for (const times of attackedHealth) {
      expect(latencyOf(times).p50).toBeLessThan(500);
      expect(latencyOf(times).p99).toBeLessThan(5000);
    }
    expect(latencyOf(lines()).p50).toBeLessThan(10_000);
    await followed.viewer.stop();
  },
  seconds * 1000 + 400_000,
);
