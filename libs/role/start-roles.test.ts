import { integer } from '@tailrace/config/setting.ts';
import { ConnectionLostError } from '@tailrace/kafka/errors.ts';
import type { Admin, Kafka } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import type { Readiness } from './role.ts';
import { type RoleDefinition, role } from './role-definition.ts';
import { type RunningProcess, startRoles } from './start-roles.ts';

const logger = createLogger({ level: 'silent' });
const env = { PORT: '0', HOST: '127.0.0.1', SHUTDOWN_TIMEOUT_MS: '3000', COUNT: '3' };
const settings = z.object({ count: integer('How many.', { min: 1, max: 5 }) });

const started: RunningProcess[] = [];
afterEach(async () => {
  for (const each of started.splice(0)) await each.stop().catch(() => undefined);
});

async function start(roles: readonly RoleDefinition[], kafka: Kafka = memoryBroker().connect()) {
  const running = await startRoles(roles, { env, kafka, logger });
  started.push(running);
  const status = async (path: string) => (await fetch(`http://127.0.0.1:${running.port}${path}`)).status;
  return { ...running, status };
}

/** A role whose readiness and end the test decides. */
function puppet(name: string, stop: () => Promise<void> = async () => undefined) {
  const failed = Promise.withResolvers<never>();
  const state = { readiness: { ready: true } as Readiness, stops: 0, fail: failed.reject };
  const definition = role(name, settings, async ({ count }, { http }) => {
    http.get(`/${name}`, async () => ({ count }));
    return {
      name,
      readiness: () => state.readiness,
      failed: failed.promise,
      stop: () => {
        state.stops++;
        return stop();
      },
    };
  });
  return { state, definition };
}

function withAdmin(kafka: Kafka, admin: Partial<Admin>): Kafka {
  return {
    client: kafka.client,
    admin: { ...kafka.admin, ...admin },
    transactionalProducer: (id) => kafka.transactionalProducer(id),
    producer: () => kafka.producer(),
    joinGroup: (options) => kafka.joinGroup(options),
    reader: (options) => kafka.reader(options),
    close: () => kafka.close(),
  };
}

describe('startRoles', () => {
  it('runs several roles on one server with one readiness', async () => {
    const one = puppet('one');
    const two = puppet('two');
    const running = await start([one.definition, two.definition]);
    await running.started;
    expect(await running.status('/one')).toBe(200);
    expect(await running.status('/readyz')).toBe(200);
    two.state.readiness = { ready: false, reason: 'catching up' };
    expect(await running.status('/readyz')).toBe(503);
    expect(running.notReady()).toEqual(['two: catching up']);
  });

  it('names the bad settings of all roles before anything is opened', async () => {
    const other = role('other', z.object({ size: integer('Size.', { min: 1, max: 2 }) }), async () => {
      throw new Error('must not be started');
    });
    const bad = startRoles([puppet('one').definition, other], { env: { ...env, COUNT: '9', PORT: 'x' } });
    await expect(bad).rejects.toMatchObject({
      code: 'config.invalid',
      problems: [
        { variable: 'PORT' },
        { variable: 'COUNT' },
        { variable: 'SIZE', message: expect.stringContaining('is required') },
      ],
    });
  });

  it('waits for a Kafka that is not there yet, alive and not ready', async () => {
    const kafka = memoryBroker().connect();
    const tried = Promise.withResolvers<void>();
    let away = true;
    const running = await start(
      [puppet('one').definition],
      withAdmin(kafka, {
        createTopics: async (specs) => {
          tried.resolve();
          if (away) throw new ConnectionLostError('no broker at 127.0.0.1:1');
          return kafka.admin.createTopics(specs);
        },
      }),
    );
    await tried.promise;
    expect(await running.status('/healthz')).toBe(200);
    expect(await running.status('/one')).toBe(503);
    expect(running.notReady()).toEqual(['kafka: no broker at 127.0.0.1:1']);
    away = false;
    await running.started;
    expect(await running.status('/one')).toBe(200);
    expect((await kafka.admin.describeTopic(topics.logs.name)).partitions).toBe(topics.logs.partitions);
  });

  it('stops promptly while it waits for Kafka', async () => {
    const kafka = withAdmin(memoryBroker().connect(), {
      createTopics: async () => {
        throw new ConnectionLostError('away');
      },
    });
    const running = await start([puppet('one').definition], kafka);
    await running.stop();
    await expect(running.started).rejects.toThrow('stopping');
  });

  it('refuses a topic with other partitions than declared', async () => {
    const kafka = memoryBroker().connect();
    await kafka.admin.createTopics([{ ...topics.logs, partitions: 1 }]);
    const running = await start([puppet('one').definition], kafka);
    await expect(running.failed).rejects.toMatchObject({ code: 'kafka.topic_mismatch' });
  });

  it('fails with the role that cannot be started, and stops the others', async () => {
    const good = puppet('good');
    const bad = role('bad', settings, async () => {
      throw new Error('no database');
    });
    const running = await start([bad, good.definition]);
    await expect(running.failed).rejects.toThrow('no database');
    await running.stop();
    expect(good.state.stops).toBe(1);
  });

  it('fails with the role that cannot go on', async () => {
    const one = puppet('one');
    const running = await start([one.definition]);
    await running.started;
    one.state.fail(new Error('fenced'));
    await expect(running.failed).rejects.toThrow('fenced');
  });

  it('is not ready, and says why, while Kafka does not answer a role that is ready itself', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const broker = memoryBroker();
    const kafka = broker.connect();
    const reading = role('reading', settings, async (_, deps) => {
      const reader = await deps.kafka.reader({ positions: [{ topic: topics.logs.name, partition: 0, offset: 0 }] });
      return {
        name: 'reading',
        readiness: () => ({ ready: true }),
        failed: new Promise<never>(() => undefined),
        stop: () => reader.close(),
      };
    });
    const running = await start([reading], kafka);
    await running.started;
    vi.advanceTimersByTime(60_000);
    expect(await running.status('/readyz')).toBe(200);
    broker.pauseClient(kafka);
    vi.advanceTimersByTime(9000);
    expect(running.notReady()).toEqual(['reading: Kafka: no answer for 9 s about logs[0] (the in-memory broker)']);
    expect(await running.status('/readyz')).toBe(503);
    const metrics = await (await fetch(`http://127.0.0.1:${running.port}/metrics`)).text();
    expect(metrics).toContain('tailrace_role_ready{role="reading"} 0');
    broker.resumeClient(kafka);
    expect(await running.status('/readyz')).toBe(200);
  });

  it('stops in time and without an error where a role waits for a Kafka that does not answer', async () => {
    const broker = memoryBroker();
    const kafka = broker.connect();
    const waiting = role('waiting', settings, async (_, deps) => {
      const producer = await deps.kafka.transactionalProducer('waiting-0');
      return {
        name: 'waiting',
        readiness: () => ({ ready: true }),
        failed: new Promise<never>(() => undefined),
        stop: () => producer.begin().send([{ topic: topics.logs.name, partition: 0, key: null, value: null }]),
      };
    });
    const running = await start([waiting], kafka);
    await running.started;
    broker.pauseClient(kafka);
    await running.stop();
  });

  it('stops in time and without an error where a role waits for something else that it lacks', async () => {
    const waiting = role('waiting', settings, async () => ({
      name: 'waiting',
      readiness: () => ({ ready: true }),
      lacking: () => 'PostgreSQL has not answered for 9 s',
      failed: new Promise<never>(() => undefined),
      stop: () => new Promise(() => undefined),
    }));
    const running = await start([waiting]);
    await running.started;
    await running.stop();
  });

  it('stops once however often it is asked, and says when a role takes too long', async () => {
    const slow = puppet('slow', () => new Promise(() => undefined));
    const running = await start([slow.definition]);
    await running.started;
    const stops = [running.stop(), running.stop()];
    expect(running.notReady()).toEqual(['process: stopping']);
    await expect(Promise.all(stops)).rejects.toThrow('longer than 3000 ms');
    expect(slow.state.stops).toBe(1);
  });
});
