import { AlertEvaluator } from '@tailrace/alert-evaluation/alert-evaluator.ts';
import { LineCounter } from '@tailrace/alert-evaluation/line-counter.ts';
import { RuleMatcher } from '@tailrace/alert-rules/matching/rule-matcher.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { topics } from '@tailrace/topics/topics.ts';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { newRule, startTestApi, type TestApi, tokenFor } from '../test-api.ts';
import type { KnownConnection } from './arrival-watermarks.ts';
import { backtest } from './backtest.ts';
import { compiled, limits, line, micros, origin, range } from './test-data.ts';

const burst = (at: number, count: number, fields: Partial<LogRecord> = {}) =>
  Array.from({ length: count }, (_, index) => ({ record: line(at + index, at + index, fields) }));

interface Arrival {
  readonly record: LogRecord;
  /** Seconds after its event time that it comes. */
  readonly delay?: number;
}

/** Appends lines as the normaliser does: a connection's lines in one partition, in the order of arrival. */
async function append(kafka: Kafka, arrivals: readonly Arrival[]): Promise<void> {
  const producer = await kafka.producer();
  const ordered = arrivals
    .map(({ record, delay = 1 }) => ({ record, timestamp: record.timestamp / 1000 + delay * 1000 }))
    .sort((one, other) => one.timestamp - other.timestamp);
  await producer.send(
    ordered.map(({ record, timestamp }) => ({
      topic: topics.logs.name,
      partition: (record.connection_id.codePointAt(5) ?? 0) % topics.logs.partitions,
      key: null,
      value: Buffer.from(topics.logs.codec.encode(record)),
      headers: { project: record.project_id, connection: record.connection_id },
      timestamp,
    })),
  );
  await producer.close();
}

async function logOf(arrivals: readonly Arrival[]): Promise<Kafka> {
  const kafka = memoryBroker().connect();
  await kafka.admin.createTopics([topics.logs]);
  await append(kafka, arrivals);
  return kafka;
}

/** What an alert says, without what depends on when it was evaluated. */
function facts(alerts: Iterable<Alert>): unknown[] {
  return [...alerts]
    .map(({ group, started_at, resolved_at, value, matched, suppressed, lines }) => ({
      group,
      started_at,
      resolved_at,
      value,
      matched,
      suppressed,
      lines: lines.map(({ id }) => id),
    }))
    .sort((one, other) => one.started_at - other.started_at || String(one.group).localeCompare(String(other.group)));
}

async function backtested(arrivals: readonly Arrival[], rule = compiled(), connections: KnownConnection[] = []) {
  const kafka = await logOf(arrivals);
  const request = { project: 'demo', rules: [rule], range, connections };
  const result = await backtest(kafka, limits, request, new AbortController().signal);
  await kafka.close();
  return { result, facts: facts(result.rules[0]?.alerts() ?? []) };
}

/** The live evaluator: the same records in batches of any size, each settled at once. */
function live(records: readonly LogRecord[], batch: number, rule = compiled()): unknown[] {
  const matcher = new RuleMatcher();
  matcher.set(rule);
  const counter = new LineCounter({ matcher, since: () => 0 });
  const newest = new Map<string, Alert>();
  const take = (alert: Alert) => void newest.set(alert.id, alert);
  const evaluator = new AlertEvaluator({
    ...limits,
    store: new Map(),
    rules: new Map([[rule.rule.id, rule]]),
    compile: () => rule,
    now: () => range.to,
  });
  const complete = (upTo: number) =>
    evaluator.progress({
      partition: 0,
      partitions: 1,
      connections: [...new Set(records.map(({ connection_id }) => connection_id))].map((connection_id) => ({
        connection_id,
        project_id: 'demo',
        reading: true,
        complete_up_to: upTo,
      })),
    });
  complete(range.from);
  for (let start = 0; start < records.length; start += batch) {
    for (const [index, record] of records.slice(start, start + batch).entries()) {
      counter.add(record, { partition: 0, offset: start + index });
    }
    for (const counts of counter.take()) evaluator.count(counts);
    evaluator.settle(take);
  }
  complete(range.to);
  evaluator.settle(take);
  return facts(newest.values());
}

/** Bursts of lines over five hours from three connections. */
const bursts = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: 5 * 3600 }),
      lines: fc.integer({ min: 1, max: 8 }),
      connection: fc.constantFrom('conn_a', 'conn_b', 'conn_c'),
      delays: fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 8, maxLength: 8 }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((made) =>
    made.flatMap(({ at, lines, connection, delays }, burst) =>
      Array.from({ length: lines }, (_, index) => ({
        record: line(burst * 10 + index, at + index, { connection_id: connection }),
        delay: delays[index] ?? 1,
      })),
    ),
  );

describe('a backtest', () => {
  it('stops reading when it is called off', async () => {
    const kafka = await logOf(burst(0, 20_000));
    const stop = new AbortController();
    let polls = 0;
    let closes = 0;
    const watched: Kafka = {
      ...kafka,
      admin: kafka.admin,
      reader: async (options) => {
        const reader = await kafka.reader({ ...options, maxBytes: 10_000 });
        return {
          poll: (signal) => {
            polls += 1;
            if (polls === 3) stop.abort(new Error('called off'));
            return reader.poll(signal);
          },
          seek: (position) => reader.seek(position),
          remove: (partition) => reader.remove(partition),
          pause: (partition) => reader.pause(partition),
          resume: (partition) => reader.resume(partition),
          unanswered: () => reader.unanswered(),
          close: () => {
            closes += 1;
            return reader.close();
          },
        };
      },
    };
    const request = { project: 'demo', rules: [compiled()], range, connections: [] };
    await expect(backtest(watched, limits, request, stop.signal)).rejects.toThrow('called off');
    expect([polls, closes]).toEqual([3, 1]);
    await kafka.close();
  });

  it('finds what the live evaluator decided, in whatever order within lateness the lines came', async () => {
    let alerts = 0;
    await fc.assert(
      fc.asyncProperty(bursts, fc.integer({ min: 1, max: 50 }), async (arrivals, batch) => {
        const records = arrivals.map(({ record }) => record);
        const expected = live(records, batch);
        alerts += expected.length;
        expect((await backtested(arrivals)).facts).toEqual(expected);
        expect((await backtested(arrivals.map(({ record }) => ({ record })))).facts).toEqual(expected);
      }),
      { numRuns: 60 },
    );
    expect(alerts).toBeGreaterThan(10);
  });

  it('reports silence, but not what comes after the range', async () => {
    const rule = compiled({
      alert_type: 'absence',
      conditions: JSON.stringify({ window_minutes: 30 }),
      cooldown_minutes: 1440,
      group_by: 'connection',
    });
    const every = (from: number, to: number) =>
      Array.from({ length: (to - from) / 60 }, (_, index) => ({ record: line(from + index, from + index * 60) }));
    // One that the project no longer has is not silent: it is gone.
    const deleted = every(0, 7200).map(({ record }) => ({ record: { ...record, connection_id: 'conn_gone' } }));
    const others = every(0, 24 * 3600).map(({ record }) => ({ record: { ...record, connection_id: 'conn_b' } }));
    const { result } = await backtested(
      [...every(0, 3600), ...every(3 * 3600, 24 * 3600), ...others, ...deleted],
      rule,
      [
        { id: 'conn_a', name: 'Checkout', createdAt: 0 },
        { id: 'conn_b', name: 'Cart', createdAt: 0 },
      ],
    );
    const [alert, ...more] = result.rules[0]?.alerts() ?? [];
    expect([more, alert?.group, alert?.status]).toEqual([[], 'conn_a', 'resolved']);
    expect(alert?.group_name).toBe('Checkout');
    expect(alert?.started_at).toBeGreaterThanOrEqual(micros(3600 + 29 * 60));
    expect(alert?.started_at).toBeLessThan(micros(3600 + 31 * 60));
  });

  it('leaves open what is not over at the end of the range, and keeps only so many alerts whole', async () => {
    const arrivals = Array.from({ length: 40 }, (_, index) => ({ record: line(index, 24 * 3600 - 40 + index) }));
    const { result } = await backtested(arrivals);
    expect(result.rules[0]?.alerts().map(({ status }) => status)).toEqual(['open']);
    const hours = Array.from({ length: 60 }, (_, index) => ({ record: line(index, Math.floor(index / 6) * 3600) }));
    const kafka = await logOf(hours);
    const request = { project: 'demo', rules: [compiled()], range, connections: [] };
    const found = await backtest(kafka, { ...limits, maxAlerts: 4 }, request, new AbortController().signal);
    expect([found.rules[0]?.fired, found.rules[0]?.alerts().length]).toEqual([10, 4]);
  });

  it('compares all alerts of two rules, although it keeps only so many whole', async () => {
    const hourly = Array.from({ length: 24 }, (_, hour) => burst(hour * 3600, 3 + (hour % 3))).flat();
    const kafka = await logOf(hourly);
    const stricter = compiled({ conditions: JSON.stringify({ threshold: 5, window_minutes: 1 }) });
    const each = compiled({ alert_type: 'pattern_match', conditions: JSON.stringify({ pattern: 'broken' }) });
    const request = { project: 'demo', rules: [each, stricter], range, connections: [] };
    const { comparison, rules } = await backtest(
      kafka,
      { ...limits, maxAlerts: 3 },
      request,
      new AbortController().signal,
    );
    expect(comparison).toMatchObject({ both_total: 8, only_first_total: 16, only_second_total: 0 });
    expect([comparison?.both.length, comparison?.only_first.length, rules[0]?.alerts().length]).toEqual([3, 3, 3]);
    expect(rules.map(({ ledger }) => ledger.suppressed)).toEqual([8 * (2 + 3 + 4), 0]);
  });
});

const opened: TestApi[] = [];
afterEach(async () => {
  for (const api of opened.splice(0)) await api.close();
});

async function start(arrivals: readonly Arrival[], options: Parameters<typeof startTestApi>[0] = {}): Promise<TestApi> {
  const api = await startTestApi(options);
  opened.push(api);
  await append(api.kafka, arrivals);
  return api;
}

const { project_id: _, ...errors } = newRule({ conditions: { threshold: 3, window_minutes: 1 }, cooldown_minutes: 2 });
const times = { from: new Date(origin).toISOString(), to: new Date(origin + 86_400_000).toISOString() };
const body = (fields: object = {}) => ({ project_id: 'demo', rule: errors, ...times, ...fields });
const viewer = await tokenFor('viewer');
const post = (api: TestApi, fields: object = {}, headers: Record<string, string> = {}) =>
  api.call('/alert-rules/backtest', { method: 'POST', body: body(fields), token: viewer, headers });

/** Asks, and can go away before the answer. */
function ask(api: TestApi) {
  const controller = new AbortController();
  const answer = fetch(`${api.base}/api/v1/live-logs/alert-rules/backtest`, {
    method: 'POST',
    headers: { authorization: `Bearer ${viewer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body()),
    signal: controller.signal,
  });
  return { answer, leave: () => controller.abort() };
}

describe('POST alert-rules/backtest', () => {
  it('answers the alerts with their lines, the counts, and how much was read', async () => {
    const api = await start([
      ...burst(3600, 5),
      ...burst(7200, 2),
      ...burst(100, 50, { project_id: 'other', connection_id: 'conn_z' }),
      ...burst(-600, 4),
    ]);
    const { status, body: found } = await post(api);
    expect([status, found.alerts_total, found.matched, found.alerts.length]).toEqual([200, 1, 7, 1]);
    expect(found.alerts[0]).toMatchObject({ project_id: 'demo', matched: 5, status: 'resolved', threshold: 3 });
    expect(found.alerts[0].lines).toHaveLength(5);
    // Nothing says how much the other project has written.
    expect(Object.keys(found.read).sort()).toEqual([
      'bytes',
      'outside_range',
      'records',
      'records_per_second',
      'seconds',
      'unreadable',
    ]);
    expect(found.read).toMatchObject({ records: 7 + found.read.outside_range, unreadable: 0 });
    expect(found.log).toEqual({ whole: true, kept_since: null });
    expect(found.compared_with).toBeNull();
    const buckets: { start: string; matched: number; alerts: number }[] = found.timeline.buckets;
    expect(buckets.map(({ matched, alerts }) => [matched, alerts])).toEqual([
      [5, 1],
      [2, 0],
    ]);
    expect(Date.parse(buckets[0]?.start ?? '')).toBeLessThanOrEqual(origin + 3_600_000);
  });

  it('writes nothing', async () => {
    const api = await start(burst(3600, 5));
    const ends = () =>
      Promise.all(
        [topics.logs, topics.alerts, topics.alertRules].map(({ name }) =>
          api.kafka.admin.offsets(name, 'high_watermark'),
        ),
      );
    const before = await ends();
    expect((await post(api)).body.alerts_total).toBe(1);
    expect(await ends()).toEqual(before);
  });

  it('says what another rule, given or stored, would have fired beside it', async () => {
    const api = await start([...burst(3600, 5), ...burst(7200, 9)]);
    const stricter = { ...errors, conditions: { threshold: 8, window_minutes: 1 } };
    const created = await api.call('/alert-rules', { method: 'POST', body: { project_id: 'demo', ...stricter } });
    for (const compare_with of [stricter, created.body.id]) {
      const { body: found } = await post(api, { compare_with });
      const [first, second] = found.alerts;
      const [only] = found.compared_with.alerts;
      expect(found.compared_with).toMatchObject({
        alerts_total: 1,
        alerts_cut: false,
        both: [{ first: second.id, second: only.id }],
        both_total: 1,
        only_first: [first.id],
        only_first_total: 1,
        only_second: [],
        only_second_total: 0,
      });
    }
  });

  it('tracks as many groups as the alerting role is set to, and counts the others together', async () => {
    const lines = ['conn_a', 'conn_b', 'conn_c'].flatMap((connection_id, index) =>
      burst(3600 + index * 60, 5, { connection_id }),
    );
    const groupsBy = async (alertingMaxGroups: number) => {
      const api = await start(lines, { alertingMaxGroups });
      const { body: found } = await post(api, { rule: { ...errors, group_by: 'connection' } });
      return found.alerts.map(({ group }: { group: string }) => group);
    };
    expect(await groupsBy(3)).toEqual(['conn_a', 'conn_b', 'conn_c']);
    expect(await groupsBy(1)).toEqual(['conn_a', '(other groups)']);
  });

  it('counts late lines as the lateness says that the alerting role is set to', async () => {
    const quarterHours = Array.from({ length: 20 }, (_, index) => ({ record: line(index, index * 900) }));
    const late = burst(3600, 5).map(({ record }) => ({ record, delay: 3 * 3600 }));
    const byLateness = async (alertingLatenessMs: number) => {
      const { body: found } = await post(await start([...quarterHours, ...late], { alertingLatenessMs }));
      return [found.late_lines, found.alerts_total];
    };
    expect(await byLateness(4 * 3_600_000)).toEqual([0, 1]);
    expect(await byLateness(3_600_000)).toEqual([5, 0]);
  });

  it('streams progress and the result as NDJSON', async () => {
    const api = await start(burst(3600, 2000));
    const { status, headers, text } = await post(api, {}, { accept: 'application/x-ndjson' });
    expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((each) => JSON.parse(each));
    expect(lines.at(-1)).toMatchObject({ type: 'result', matched: 2000, read: { records: 2000 } });
    for (const progress of lines.slice(0, -1)) {
      expect(progress).toEqual({
        type: 'progress',
        read: expect.any(Number),
        total: 1000,
        matched: expect.any(Number),
        alerts: expect.any(Number),
      });
    }
  });

  it('says that the range goes back further than the log is kept', async () => {
    const api = await start([...burst(100, 20), ...burst(7200, 20)]);
    api.broker.truncate(topics.logs.name, ('conn_a'.codePointAt(5) ?? 0) % topics.logs.partitions, 20);
    const { body: found } = await post(api);
    expect(found.log.whole).toBe(false);
    expect(Date.parse(found.log.kept_since)).toBe(origin + 7_201_000);
    const later = await post(api, { from: new Date(origin + 7_300_000).toISOString() });
    expect(later.body.log.whole).toBe(true);
  });

  it.each([
    [{ rule: { ...errors, conditions: { threshold: 0, window_minutes: 1 } } }, 'body.rule.conditions.threshold'],
    [
      { rule: { ...errors, alert_type: 'pattern_match', conditions: { pattern: '(a' } } },
      'body.rule.conditions.pattern',
    ],
    [{ rule: { ...errors, alert_type: 'weather' } }, 'body.rule.alert_type'],
    [{ compare_with: { ...errors, conditions: { window_minutes: 1 } } }, 'body.compare_with.conditions.threshold'],
    [{ compare_with: 'rule_unknown' }, 'body.compare_with'],
    [{ from: times.to }, 'body.from'],
    [{ from: '-4000d', to: 'now' }, 'body.from'],
  ])('refuses %j and names the field', async (fields, field) => {
    const api = await start([]);
    const { status, body: problem } = await post(api, fields);
    expect([status, problem.errors.map((each: { field: string }) => each.field)]).toEqual([422, [field]]);
  });

  it("does not compare with another project's rule", async () => {
    const api = await start([]);
    const token = await tokenFor('editor', ['other']);
    const foreign = await api.call('/alert-rules', { method: 'POST', body: newRule({ project_id: 'other' }), token });
    expect((await post(api, { compare_with: foreign.body.id })).body.errors[0].field).toBe('body.compare_with');
  });

  it('runs one of a project at once, lets a few wait, and gives the place of a caller who goes away to the next', async () => {
    const api = await start(burst(3600, 50));
    api.broker.pauseClient(api.kafka, { expireSessions: false });
    // One runs and four wait, as long as its broker hangs.
    const places = 5;
    const fill = async () => {
      const asking = Array.from({ length: places + 1 }, () => ask(api));
      const refused = await Promise.race(asking.map(({ answer }) => answer));
      return { asking, refused };
    };
    const { asking, refused } = await fill();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10']);
    expect(await refused.json()).toMatchObject({
      code: 'too_many_backtests',
      detail: 'Too many backtests at once: 4 backtests of this token wait already. Try again in 10 s.',
    });
    for (const { leave } of asking) leave();
    const left = await Promise.allSettled(asking.map(({ answer }) => answer));
    expect(left.filter(({ status }) => status === 'rejected')).toHaveLength(places);
    // Its broker still hangs: only callers that went away can have made room.
    await vi.waitFor(() => expect(api.shares.backtests.state).toEqual({ running: 0, waiting: 0 }), 20_000);
    api.broker.resumeClient(api.kafka);
    expect((await post(api)).status).toBe(200);
  });

  it('of other projects are not kept waiting by those of one', async () => {
    const api = await start(burst(3600, 50));
    api.broker.pauseClient(api.kafka, { expireSessions: false });
    const asking = Array.from({ length: 5 }, () => ask(api));
    await vi.waitFor(() => expect(api.shares.backtests.state).toEqual({ running: 1, waiting: 4 }), 20_000);
    const token = await tokenFor('editor', ['other']);
    const other = api.call('/alert-rules/backtest', { method: 'POST', body: body({ project_id: 'other' }), token });
    await vi.waitFor(() => expect(api.shares.backtests.state).toEqual({ running: 2, waiting: 4 }), 20_000);
    for (const { leave } of asking) leave();
    await Promise.allSettled(asking.map(({ answer }) => answer));
    api.broker.resumeClient(api.kafka);
    expect((await other).status).toBe(200);
  });

  it('ends with 504 when it takes too long', async () => {
    const api = await start(burst(3600, 50), { backtestTimeoutMs: 50 });
    api.broker.pauseClient(api.kafka, { expireSessions: false });
    const { status, body: problem } = await post(api);
    expect([status, problem.detail]).toEqual([504, expect.stringContaining('shorter range')]);
    const { text } = await post(api, {}, { accept: 'application/x-ndjson' });
    expect(JSON.parse(text)).toMatchObject({ type: 'problem', status: 504 });
    api.broker.resumeClient(api.kafka);
  });
});
