import { bucketMs } from '@tailrace/alert-rules/bucket.ts';
import { ruleKinds } from '@tailrace/alert-rules/rule-kinds.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { normaliserTopology } from '@tailrace/normalise/normaliser-topology.ts';
import type { RunningRole } from '@tailrace/role/role.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { InMemoryRunner } from '@tailrace/stream/processing/in-memory-runner.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { alertingMetrics } from './alerting-metrics.ts';
import { type AlertingConfig, settings } from './config.ts';
import { evaluationTopology } from './evaluation.ts';
import { RuleRegistry } from './rule-registry.ts';
import { start } from './start.ts';
import { at, raw, rule, status } from './test-data.ts';
import { normaliserGroup } from './watermark-tracker.ts';

let runner: InMemoryRunner;
let roles: RunningRole[];
beforeEach(async () => {
  runner = new InMemoryRunner();
  roles = [];
  await runner.createTopics([
    ...Object.values(rawTopics),
    topics.logs,
    topics.logsReplayed,
    topics.connectionStatus,
    topics.connections,
    topics.alertRules,
    topics.alertPartials,
    topics.alertState,
    topics.alerts,
  ]);
});
afterEach(async () => {
  await Promise.all(roles.map((role) => role.stop()));
  await runner.stop();
});

/** Starts the role as a process of its own. @returns what kills it. */
async function startAlerting(changes: Partial<AlertingConfig> = {}): Promise<() => void> {
  const kafka = runner.broker.connect();
  const config = { ...settings.parse({}), alertingMatchingIntervalMs: 5, alertingEvaluationIntervalMs: 5, ...changes };
  const role = await start(config, { kafka, logger: createLogger({ level: 'silent' }), metrics: new Metrics() });
  roles.push(role);
  return () => {
    roles.splice(roles.indexOf(role), 1);
    runner.broker.crashClient(kafka);
  };
}

/** Waits for a condition, however busy the machine is. */
const eventually = <Value>(read: () => Value) => expect.poll(read, { timeout: 20_000 });

const writeRaw = (...events: readonly RawEvent[]) =>
  runner.write(
    topics.rawAws,
    events.map((event) => [event.connection_id, event] as const),
  );
const writeStatus = (...all: readonly ConnectionStatus[]) =>
  runner.write(
    topics.connectionStatus,
    all.map((each) => [each.connection_id, each] as const),
  );
const writeRules = (...rules: readonly AlertRule[]) =>
  runner.write(
    topics.alertRules,
    rules.map((each) => [each.id, each] as const),
  );

/** What the first stage says of a rule: three lines in a bucket. */
const writeCounts = (revision: number, bucket: number) => {
  const buckets = [{ bucket: at(bucket) / (bucketMs * 1000), count: 3 }];
  const counts = { rule_id: 'rule_1', rule_revision: revision, group: '', buckets, lines: [] };
  return runner.write(topics.alertPartials, [['rule_1', { counts, progress: null }]]);
};

async function deleteRule(): Promise<void> {
  const producer = await runner.broker.connect().producer();
  const partition = partitionFor('rule_1', topics.alertRules.partitions);
  await producer.send([{ topic: topics.alertRules.name, partition, key: Buffer.from('rule_1'), value: null }]);
}

async function events(): Promise<Alert[]> {
  return (await runner.read(topics.alerts)).flatMap(({ value }) => value ?? []);
}
const seen = async () => (await events()).map(({ event, resolution }) => [event, resolution].filter(Boolean).join(' '));
/** Resolves when the alert events are these. */
const untilSeen = (expected: readonly string[]) => eventually(seen).toEqual(expected);

it('the alerting role waits for the group that the normaliser is', () => {
  expect(normaliserGroup).toBe(normaliserTopology.group);
});

describe('alerting', () => {
  it('fires with the very lines and where they stand, and resolves when the watermark has come through', async () => {
    await writeRules(rule());
    await runner.start(normaliserTopology);
    await startAlerting();
    await writeRaw(raw(60), raw(60), raw(61));
    await untilSeen(['fired']);
    const [fired] = await events();
    const logs = await runner.read(topics.logs);
    expect(fired).toMatchObject({ status: 'open', value: 3, threshold: 3, started_at: at(61), project_id: 'shop' });
    expect(fired?.lines.map(({ id, partition, offset }) => [id, partition, offset]).sort()).toEqual(
      logs.map(({ value, partition, offset }) => [value?.id, partition, offset]).sort(),
    );
    await writeStatus(status(80));
    await untilSeen(['fired', 'resolved condition_ended']);
    expect((await events())[1]).toMatchObject({ resolved_at: at(66), matched: 3 });
  });

  it('never takes a time for complete whose lines are still under way', async () => {
    await writeRules(rule({ conditions: JSON.stringify({ threshold: 1, window_minutes: 1 }), cooldown_minutes: 60 }));
    await startAlerting();
    // The lines are in the raw topic, and the status that calls their time complete is there; the normaliser is held back.
    await writeRaw(raw(60), raw(62), raw(64));
    await writeStatus(status(100));
    await eventually(() => roles.map((role) => role.readiness())).toEqual([{ ready: true }]);
    expect(await runner.read(topics.alertPartials)).toEqual([]);
    await runner.start(normaliserTopology);
    await runner.settled(normaliserTopology);
    await untilSeen(['fired', 'resolved condition_ended']);
    // On time: the counts came before the progress, although they were read long after the status.
    expect((await events()).map(({ late }) => late)).toEqual([false, false]);
    const partials = (await runner.read(topics.alertPartials)).filter(
      ({ value }) => value?.counts?.rule_id === 'rule_1',
    );
    const progress = (await runner.read(topics.alertPartials)).filter(
      ({ value, partition }) =>
        value?.progress?.connections.some(({ connection_id: id }) => id === 'conn_a') &&
        partition === partials[0]?.partition,
    );
    expect(Math.max(...partials.map(({ offset }) => offset))).toBeLessThan(
      Math.min(...progress.map(({ offset }) => offset)),
    );
  });

  it('holds back for connections that are read, and not for one that cannot be reached', async () => {
    await writeRules(rule());
    await runner.start(normaliserTopology);
    await startAlerting();
    await writeStatus(status(50), status(40, { connection_id: 'conn_b' }));
    await writeRaw(raw(60), raw(60), raw(61));
    await untilSeen(['fired']);
    await writeStatus(status(80));
    await eventually(async () =>
      (await runner.read(topics.alertPartials)).flatMap(({ value }) => value?.progress?.connections ?? []),
    ).toContainEqual({ connection_id: 'conn_a', project_id: 'shop', complete_up_to: at(80), reading: true });
    expect(await seen()).toEqual(['fired']);
    await writeStatus(status(40, { connection_id: 'conn_b', state: 'auth_refused' }));
    await untilSeen(['fired', 'resolved condition_ended']);
  });

  it('follows its rules: changed, turned off, deleted, and made while it runs', async () => {
    await runner.start(normaliserTopology);
    await startAlerting();
    await writeRules(rule());
    await eventually(async () => {
      await writeRaw(raw(60));
      return (await seen()).length > 0;
    }).toBe(true);
    await writeRules(
      rule({ revision: 2, version: 2, conditions: JSON.stringify({ threshold: 1, window_minutes: 1 }) }),
    );
    await eventually(seen).toContain('resolved rule_changed');
    const before = (await seen()).length;
    await writeRaw(raw(200));
    await eventually(async () => (await seen()).slice(before)).toEqual(['fired']);
    await writeRules(rule({ revision: 2, version: 3, enabled: false }));
    await eventually(async () => (await seen()).slice(before)).toEqual(['fired', 'resolved rule_disabled']);
    await writeRules(
      rule({ revision: 3, version: 4, conditions: JSON.stringify({ threshold: 1, window_minutes: 1 }) }),
    );
    await eventually(async () => {
      await writeRaw(raw(300));
      return (await seen()).slice(before + 2);
    }).toContain('fired');
    await deleteRule();
    await eventually(async () => (await seen()).at(-1)).toBe('resolved rule_deleted');
    await eventually(async () =>
      [...new Map((await runner.read(topics.alertState)).map(({ key, value }) => [key, value]))].filter(
        ([key, value]) => value !== null && key?.includes('rule_1'),
      ),
    ).toEqual([]);
  });

  it.each([
    ['when only the cooldown changed', [{ revision: 2, cooldown_minutes: 5 }], [60, 200]],
    ['when other things changed besides', [{ name: 'b' }, { revision: 2, cooldown_minutes: 5 }], [60, 200]],
    ['not when its filter changed', [{ revision: 2, filter: '{"level":"warn"}' }], [200]],
    ['not when it was turned off in between', [{ enabled: false }, { revision: 2 }], [200]],
    ['not when nobody knows what was in between', [{ version: 3, revision: 2, cooldown_minutes: 5 }], [200]],
  ] as const)('counts what a rule counted before a change, %s', async (_, changes, expected) => {
    const versions = changes.map((change, index) => rule({ version: index + 2, ...change }));
    await writeRules(rule(), ...versions);
    await writeCounts(1, 60);
    await writeCounts(2, 200);
    await startAlerting();
    const fired = async () => (await events()).filter(({ event }) => event === 'fired');
    await eventually(async () => (await fired()).at(-1)?.started_at).toBe(at(200));
    expect((await fired()).map(({ started_at, rule_revision }) => [started_at, rule_revision])).toEqual(
      expected.map((bucket) => [at(bucket), 2]),
    );
  });

  it('asks no more of the stored rules of a project than fit, the oldest first, and logs the others', async () => {
    const logged: string[] = [];
    const logger = createLogger({ level: 'error', destination: { write: (text) => void logged.push(text) } });
    const dear = (index: number) =>
      rule({
        id: `rule_${index}`,
        alert_type: 'pattern_match',
        conditions: JSON.stringify({ pattern: `${index}[ab]{1000}[ab]{400}`, case_sensitive: true }),
        created_at: index,
      });
    const all = Array.from({ length: 40 }, (_, index) => dear(index));
    await writeRules(...all.toReversed());
    const book = await RuleRegistry.open({ kafka: runner.broker.connect(), logger, kinds: ruleKinds });
    const asked = () => all.filter(({ id }) => book.get(id)).map(({ id }) => id);
    expect(asked()).toEqual(all.slice(0, 35).map(({ id }) => id));
    expect(logged.some((text) => text.includes('rule_39') && text.includes('shorten one'))).toBe(true);
    await writeRules({ ...dear(3), version: 2, enabled: false });
    await eventually(asked).toEqual(all.flatMap(({ id }, index) => (index !== 3 && index < 36 ? id : [])));
    await book.close();
  });

  it('ends the alerts of a deleted rule although the broker does not answer at first', async () => {
    const kafka = runner.broker.connect();
    const logger = createLogger({ level: 'silent' });
    const book = await RuleRegistry.open({ kafka, logger, kinds: ruleKinds });
    const makeSure = vi.spyOn(book, 'makeSure').mockRejectedValueOnce(new Error('no broker'));
    const metrics = alertingMetrics(new Metrics(), logger);
    const { partitions } = topics.alertPartials;
    const connections = new Map();
    await runner.start(
      evaluationTopology({ book, connections, metrics, latenessMs: 60_000, maxGroups: 10, partitions }),
    );
    await writeRules(rule());
    await expect.poll(() => book.get('rule_1')).toBeDefined();
    await writeCounts(1, 60);
    await untilSeen(['fired']);
    await deleteRule();
    await untilSeen(['fired', 'resolved rule_deleted']);
    expect(makeSure).toHaveBeenCalledTimes(2);
    await book.close();
  });

  it('does not decode the lines of projects without rules', async () => {
    await writeRules(rule());
    await startAlerting();
    const kafka = runner.broker.connect();
    const producer = await kafka.producer();
    const record = (project: string) => ({
      topic: topics.logs.name,
      partition: 0,
      key: Buffer.from('conn_a'),
      value: Buffer.from('no record at all'),
      headers: { project },
    });
    await producer.send([record('bank'), record('shop')]);
    await eventually(async () => (await runner.read(topics.dead)).map(({ value }) => value?.offset)).toEqual([1]);
  });

  it('reports the silence of a connection, and its end', async () => {
    await writeRules(rule({ alert_type: 'absence', conditions: '{"window_minutes":5}', group_by: 'connection' }));
    await runner.start(normaliserTopology);
    await startAlerting();
    await writeStatus(status(60));
    await eventually(
      async () =>
        new Set(
          (await runner.read(topics.alertPartials))
            .filter(({ value }) => value?.progress?.connections.length === 1)
            .map(({ partition }) => partition),
        ).size,
    ).toBe(6);
    await writeStatus(status(100));
    await untilSeen(['fired']);
    expect((await events())[0]).toMatchObject({ group: 'conn_a', started_at: at(90), lines: [] });
    await writeRaw(raw(95));
    await untilSeen(['fired', 'resolved condition_ended']);
  });
});

describe('exactly once', () => {
  const schedules = fc.array(
    fc.record({
      buckets: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 12 }),
      crash: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  );

  it('holds however often processes are killed: the alerts are those of the lines', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, async (schedule) => {
        await Promise.all(roles.splice(0).map((role) => role.stop()));
        await runner.stop();
        runner = new InMemoryRunner();
        await runner.createTopics([
          ...Object.values(rawTopics),
          topics.logs,
          topics.logsReplayed,
          topics.connectionStatus,
          topics.connections,
          topics.alertRules,
          topics.alertPartials,
          topics.alertState,
          topics.alerts,
        ]);
        await writeRules(rule({ cooldown_minutes: 1 }));
        await runner.start(normaliserTopology);
        let kill = await startAlerting();
        const all: number[] = [];
        for (const { buckets, crash } of schedule) {
          all.push(...buckets);
          await writeRaw(...buckets.map((bucket) => raw(bucket, { connection_id: `conn_${bucket % 5}` })));
          if (!crash) continue;
          kill();
          kill = await startAlerting();
        }
        const statuses = [0, 1, 2, 3, 4].map((each) => status(100, { connection_id: `conn_${each}` }));
        await writeStatus(...statuses);
        const expected = startsOf(all);
        await eventually(async () => summary(await events())).toEqual(
          expected.map((bucket) => [at(bucket), 'resolved', 1]),
        );
      }),
      { numRuns: 10 },
    );
  }, 120_000);

  /** By brute force: a bucket with a line, a minute's sum of three or more, and a cooldown of a minute. */
  function startsOf(buckets: readonly number[]): number[] {
    const sum = (bucket: number) => buckets.filter((each) => each > bucket - 6 && each <= bucket).length;
    const starts: number[] = [];
    for (let bucket = 0; bucket < 100; bucket += 1) {
      if (buckets.includes(bucket) && sum(bucket) >= 3 && bucket >= (starts.at(-1) ?? -6) + 6) starts.push(bucket);
    }
    return starts;
  }

  /** Start and status of each alert, and how often it fired. */
  function summary(all: readonly Alert[]) {
    return [...Map.groupBy(all, ({ id }) => id).values()]
      .map((own) => {
        const fired = own.filter(({ event }) => event === 'fired' || event === 'escalated').length;
        const last = own.at(-1);
        return [last?.started_at ?? 0, last?.status, fired] as const;
      })
      .sort(([one], [other]) => one - other);
  }
});
