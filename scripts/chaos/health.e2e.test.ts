import { setTimeout as delay } from 'node:timers/promises';
import { openTestKafka } from '@tailrace/role/open-test-kafka.ts';
import { rawEventCodec } from '@tailrace/schemas/generated/raw-event.ts';
import { rawTopics } from '@tailrace/topics/topics.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RoleProcess } from './role-process.ts';
import { type Said, ThreeBrokers } from './three-brokers.ts';

/**
 * What is shown is true while parts of an installation are gone. With HEALTH_LONG=1 each loss lasts as long as it takes
 * people to come, all brokers are killed too, and what every process, `doctor` and the lags say is printed over time.
 */
const isLong = process.env.HEALTH_LONG === '1';
/** Within this a process must say what it lacks. Asking takes a moment on a busy machine. */
const saidWithinMs = 10_000;
const slackMs = 20_000;
/**
 * The controller gives a broker up after 9 s; then leaders and coordinators are chosen, and clients must find them. Where
 * the broker was the controller, another one is elected before.
 */
const settledWithinMs = 50_000;

let installation: ThreeBrokers;
beforeAll(async () => {
  installation = await ThreeBrokers.start();
}, 600_000);
afterAll(() => installation?.stop());

const named = (said: readonly Said[], ready: boolean) =>
  said.filter((each) => each.ready === ready).map(({ name }) => name.replace(/-\d+$/, ''));

function print(line: string): void {
  if (isLong) process.stdout.write(`${line}\n`);
}

/** Prints what everybody says, every five seconds of a loss. */
async function watch(what: string, seconds: number, started: number): Promise<void> {
  while (isLong && performance.now() - started < seconds * 1000) {
    const at = Math.round((performance.now() - started) / 1000);
    const said = await installation.said();
    print(`${what}, after ${at} s: ready ${named(said, true).join(' ') || 'nobody'}`);
    for (const { name, detail } of said.filter(({ ready }) => !ready)) print(`    503 ${name}: ${detail}`);
    print(`    lag sink ${await lagOf('sink')}, normaliser ${await lagOf('normaliser')}`);
    await delay(Math.max(0, Math.min(5000, seconds * 1000 - (performance.now() - started))));
  }
}

async function metricsOf({ url }: RoleProcess): Promise<string> {
  return (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) })).text();
}

async function lagOf(role: string): Promise<number | 'unknown'> {
  const [first] = installation.processes.filter((each) => each.role === role) as [RoleProcess];
  const values = [...(await metricsOf(first)).matchAll(/^tailrace_consumer_lag_records\{.*\} (\S+)$/gm)];
  return values.length === 0 ? 'unknown' : values.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Resolves with what the processes say as soon as each process of these roles says 503. @throws when it takes too long. */
async function allSay503(roles: readonly string[], started: number): Promise<readonly Said[]> {
  for (;;) {
    const said = await installation.said();
    const missing = named(said, true).filter((role) => roles.includes(role));
    const ms = performance.now() - started;
    if (missing.length === 0) {
      print(`all of ${roles.join(' ')} say 503 after ${Math.round(ms)} ms`);
      return said;
    }
    if (ms > saidWithinMs + slackMs) throw new Error(`${missing.join(', ')}: still ready after ${Math.round(ms)} ms`);
    await delay(200);
  }
}

async function allReady(): Promise<void> {
  const started = performance.now();
  await expect
    .poll(async () => (await installation.said()).filter(({ ready }) => !ready), { timeout: 120_000, interval: 500 })
    .toEqual([]);
  print(`all are ready again after ${Math.round(performance.now() - started)} ms`);
}

const everyRole = ['api', 'ingest', 'normaliser', 'sink', 'fanout', 'alerting', 'notifier', 'replayer'];

/** Not made in the short form, so that none is counted as skipped. */
const longTest = (title: string, run: () => Promise<void>) => void (isLong && it(title, run));

describe('every role as a process of its own, on three brokers', () => {
  it('gives a second normaliser that joins later half of the work of each topic', async () => {
    const second = await installation.add('normaliser');
    await second.ready(120_000);
    const kafka = await openTestKafka('', { brokers: [...installation.cluster.brokers] });
    try {
      // It is a member before it has its share.
      const owned = async () =>
        ((await kafka.admin.groupMembers(['normaliser'])).get('normaliser') ?? []).map(({ partitions }) => partitions);
      await expect.poll(owned, { timeout: 60_000 }).toEqual([9, 9]);
      const producer = await kafka.producer();
      const each = 50;
      for (const [provider, { name, partitions }] of Object.entries(rawTopics)) {
        await producer.send(
          Array.from({ length: partitions * each }, (_, n) => ({
            topic: name,
            partition: n % partitions,
            key: Buffer.from('conn_1'),
            value: rawEvent(provider as keyof typeof rawTopics, n),
            headers: { project: 'p', connection: 'conn_1' },
          })),
        );
      }
      await producer.close();
      const normalisers = installation.processes.filter(({ role }) => role === 'normaliser');
      const shares = async () => {
        const texts = await Promise.all(normalisers.map(metricsOf));
        return Object.values(rawTopics).map(({ name, partitions }) => {
          const counts = texts.map((text) => consumed(text, name));
          return { name, all: counts.reduce((a, b) => a + b, 0) === partitions * each, second: counts[1] ?? 0 };
        });
      };
      await expect.poll(async () => (await shares()).every(({ all }) => all), { timeout: 120_000 }).toBe(true);
      for (const { name, second: own } of await shares()) {
        const share = own / (6 * each);
        print(`the second normaliser did ${Math.round(share * 100)} % of ${name}`);
        expect(share).toBeGreaterThanOrEqual(0.4);
        expect(share).toBeLessThanOrEqual(0.6);
      }
    } finally {
      await kafka.close();
    }
  });

  it('says 503 within 10 s once the database is stopped, where it is needed, and is ready again by itself', async () => {
    await allReady();
    installation.signalPostgres('SIGSTOP');
    const started = performance.now();
    try {
      const said = await allSay503(['api', 'sink', 'fanout', 'replayer'], started);
      expect(new Set(named(said, true))).toEqual(new Set(['alerting', 'ingest', 'normaliser', 'notifier']));
      expect(said.find(({ name }) => name === 'sink-1')?.detail).toContain('PostgreSQL');
      await watch('PostgreSQL stopped', 35, started);
      if (isLong) print(await installation.doctor());
    } finally {
      installation.signalPostgres('SIGCONT');
    }
    await allReady();
  });

  it('says 503 within 10 s once no broker answers, and doctor names each of them', async () => {
    installation.signalBrokers([1, 2, 3], 'SIGSTOP');
    const started = performance.now();
    try {
      const said = await allSay503(everyRole, started);
      for (const { name, detail } of said) expect(`${name}: ${detail}`).toContain('Kafka');
      const printed = await installation.doctor();
      for (const broker of installation.cluster.brokers) expect(printed).toContain(`${broker} does not answer`);
      await watch('all brokers stopped', 60, started);
      print(printed);
    } finally {
      installation.signalBrokers([1, 2, 3], 'SIGCONT');
    }
    await allReady();
  });

  it('goes on soon after one broker has stopped, when the others take over, and doctor names it', async () => {
    installation.signalBrokers([2], 'SIGSTOP');
    const started = performance.now();
    let heldUpMs = 0;
    const heldUp = new Map<string, number>();
    let printed = '';
    try {
      while (performance.now() - started < settledWithinMs) {
        const said = await installation.said();
        for (const { name, ready } of said) {
          if (!ready) heldUp.set(name, Math.round(performance.now() - started));
        }
        await delay(500);
      }
      heldUpMs = Math.max(0, ...heldUp.values());
      for (const [name, ms] of heldUp) print(`broker 2 stopped: ${name} last said 503 after ${ms} ms`);
      print(`broker 2 stopped: all go on after ${heldUpMs} ms`);
      printed = await installation.doctor();
      print(printed);
      await watch('broker 2 stopped', 70, started);
    } finally {
      installation.signalBrokers([2], 'SIGCONT');
    }
    expect(printed).toMatch(new RegExp(`${installation.cluster.brokers[1]} does not answer`));
    expect([...heldUp].filter(([, ms]) => ms >= settledWithinMs - 5000)).toEqual([]);
    await allReady();
  });

  it('stops an alerting process in order and in time while no broker answers', async () => {
    const [alerting] = installation.processes.filter(({ role }) => role === 'alerting') as [RoleProcess];
    installation.signalBrokers([1, 2, 3], 'SIGSTOP');
    try {
      const started = performance.now();
      const code = await alerting.terminate();
      print(`the alerting process ended with ${code} after ${Math.round(performance.now() - started)} ms`);
      expect(code).toBe(0);
      expect(performance.now() - started).toBeLessThan(15_000 + slackMs);
    } finally {
      installation.signalBrokers([1, 2, 3], 'SIGCONT');
    }
    alerting.start();
    await allReady();
  });

  longTest('says 503 while all brokers are dead, for as long as they are', async () => {
    await installation.cluster.killAll();
    const started = performance.now();
    try {
      await allSay503(everyRole, started);
      await watch('all brokers killed', 60, started);
      expect(named(await installation.said(), true)).toEqual([]);
      print(await installation.doctor());
    } finally {
      await installation.cluster.restartAll();
    }
    await allReady();
  });
});

function consumed(metrics: string, topic: string): number {
  const line = metrics
    .split('\n')
    .find((each) => each.startsWith(`tailrace_consumed_records_total{`) && each.includes(`topic="${topic}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

function rawEvent(provider: keyof typeof rawTopics, n: number): Buffer {
  const now = Date.now() * 1000;
  return rawEventCodec.encode({
    connection_id: 'conn_1',
    project_id: 'p',
    provider,
    event_id: `${provider}-${n}`,
    timestamp: now,
    timestamp_nanos: 0,
    observed_timestamp: now,
    ingest_timestamp: now,
    source: {},
    stream: 's',
    payload: '{"message":"a line"}',
    rewind_id: null,
  });
}
