import { bucketMs } from '@tailrace/alert-rules/bucket.ts';
import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import { RuleMatcher } from '@tailrace/alert-rules/matching/rule-matcher.ts';
import { testLine } from '@tailrace/alert-rules/test-lines.ts';
import { compiledRule, testRule } from '@tailrace/alert-rules/test-rules.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { AlertState } from '@tailrace/schemas/generated/alert-state.ts';
import type { ConnectionProgress } from '@tailrace/schemas/generated/connection-progress.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AlertEvaluator, type EvaluatorOptions } from './alert-evaluator.ts';
import { LineCounter } from './line-counter.ts';
import { otherGroups } from './rule-groups.ts';

/** A day's begin, so that times are easy to read. */
const origin = Date.UTC(2026, 10, 25);
const bucketMicros = bucketMs * 1000;
const at = (bucket: number) => origin * 1000 + bucket * bucketMicros;

let lastId = 0;
function line(bucket: number, changes: Partial<LogRecord> = {}): LogRecord {
  lastId += 1;
  return testLine(lastId, { timestamp: at(bucket) + (lastId % 1000), ...changes });
}

/** Both stages, with a store that outlives the evaluator: `restart` loses what was not settled. */
class Evaluation {
  readonly rules = new Map<string, CompiledRule>();
  readonly matcher = new RuleMatcher();
  readonly events: Alert[] = [];
  readonly late: number[] = [];
  readonly overflows: string[] = [];
  #committed = new Map<string, AlertState>();
  #store = new Map<string, AlertState>();
  #evaluator: AlertEvaluator;
  #counter: LineCounter;
  #offset = 0;
  readonly #changes: Partial<EvaluatorOptions>;

  constructor(rules: readonly AlertRule[], changes: Partial<EvaluatorOptions> = {}) {
    this.#changes = changes;
    this.#counter = this.#newCounter();
    for (const each of rules) this.set(each);
    this.#evaluator = this.#newEvaluator();
  }

  get evaluator(): AlertEvaluator {
    return this.#evaluator;
  }

  /** The scopes of which it is remembered how far they were complete. */
  get watermarks(): string[] {
    return [...this.#store.keys()].filter((key) => key.startsWith('complete/'));
  }

  get storeSize(): number {
    return this.#store.size;
  }

  set(given: AlertRule): void {
    const compiled = compiledRule(given);
    this.rules.set(given.id, compiled);
    this.matcher.set(compiled);
  }

  take(records: readonly LogRecord[]): void {
    for (const record of records) this.#counter.add(record, { partition: 0, offset: this.#offset++ });
    for (const counts of this.#counter.take()) this.#evaluator.count(counts);
  }

  progress(...connections: readonly (Partial<ConnectionProgress> & { readonly bucket: number })[]): void {
    this.#evaluator.progress({
      partition: 0,
      partitions: 1,
      connections: connections.map(({ bucket, ...rest }) => ({
        connection_id: 'conn_a',
        project_id: 'shop',
        reading: true,
        complete_up_to: at(bucket),
        ...rest,
      })),
    });
    this.settle();
  }

  settle(): void {
    this.#evaluator.settle((alert) => this.events.push(alert));
    this.#committed = new Map(this.#store);
  }

  restart(): void {
    this.#store = new Map(this.#committed);
    this.#counter = this.#newCounter();
    this.#evaluator = this.#newEvaluator();
  }

  /** The newest state of each alert, in order of group and start. */
  alerts(): Alert[] {
    const newest = new Map<string, Alert>();
    for (const alert of this.events) {
      const before = newest.get(alert.id);
      expect(alert.sequence).toBe((before?.sequence ?? 0) + 1);
      newest.set(alert.id, alert);
    }
    return [...newest.values()].sort(
      (one, other) => (one.group ?? '').localeCompare(other.group ?? '') || one.started_at - other.started_at,
    );
  }

  #newCounter(): LineCounter {
    return new LineCounter({ matcher: this.matcher, since: () => 0 });
  }

  #newEvaluator(): AlertEvaluator {
    return new AlertEvaluator({
      store: this.#store,
      rules: this.rules,
      compile: compiledRule,
      latenessMs: 60 * 60_000,
      maxGroups: 1000,
      now: () => at(5000),
      onLateLines: (_, lines) => this.late.push(lines),
      onOverflow: ({ id }) => this.overflows.push(id),
      ...this.#changes,
    });
  }
}

interface Expected {
  readonly group: string | null;
  readonly start: number;
  readonly end: number;
  readonly resolution: string;
  /** Number of lines in the window when it crossed. */
  readonly measured: number;
  readonly matched: number;
  readonly suppressed: number;
  readonly continues: boolean;
}

/** Says by looking at every bucket, one by one and as often as it takes, which alerts there must be. */
function bruteForce(records: readonly LogRecord[], given: AlertRule): Expected[] {
  const isRate = given.alert_type === 'error_rate';
  const { threshold, window_minutes } = JSON.parse(given.conditions);
  const window = isRate ? window_minutes * 6 : 1;
  const needed = isRate ? threshold * window_minutes : 1;
  const cooldown = Math.max(1, given.cooldown_minutes * 6);
  const groupOf = (record: LogRecord) => (given.group_by === null ? null : (record.attributes[given.group_by] ?? ''));
  const expected: Expected[] = [];
  for (const [group, lines] of Map.groupBy(records, groupOf)) {
    const between = (from: number, to: number) =>
      lines.filter(({ timestamp }) => timestamp >= at(from) && timestamp < at(to)).length;
    const holds = (bucket: number) => between(bucket - window + 1, bucket + 1) >= needed;
    const hasLine = (bucket: number) => between(bucket, bucket + 1) > 0;
    const endOfRun = (bucket: number) => {
      let end = bucket;
      while (holds(end)) end += 1;
      return end;
    };
    let before: number | undefined;
    for (let bucket = -20; bucket < 600; bucket += 1) {
      if (!holds(bucket) || !hasLine(bucket)) continue;
      const start = bucket;
      const limit = start + cooldown;
      const held = Array.from({ length: cooldown }, (_, index) => start + index).filter(holds);
      const runEnd = endOfRun(Math.max(...held));
      let successor = limit;
      while (successor < runEnd && !hasLine(successor)) successor += 1;
      const goesOn = successor < runEnd;
      const crossings = held.filter((each) => each === start || !holds(each - 1)).length;
      const matched = between(start - window + 1, limit);
      expected.push({
        group,
        start,
        end: goesOn ? successor : runEnd,
        resolution: goesOn ? 'continued' : 'condition_ended',
        measured: between(start - window + 1, start + 1),
        matched,
        suppressed: isRate ? crossings - 1 : matched - 1,
        continues: before === start,
      });
      before = goesOn ? successor : undefined;
      bucket = limit - 1;
    }
  }
  return expected.sort((one, other) => (one.group ?? '').localeCompare(other.group ?? '') || one.start - other.start);
}

function asExpected(alerts: readonly Alert[]): Expected[] {
  return alerts.map((alert, index) => {
    const { continues } = alert;
    const previous = alerts[index - 1];
    if (continues !== null) expect(continues).toBe(previous?.id);
    return {
      group: alert.group,
      start: (alert.started_at - at(0)) / bucketMicros,
      end: ((alert.resolved_at ?? Number.NaN) - at(0)) / bucketMicros,
      resolution: alert.resolution ?? 'open',
      measured: alert.alert_type === 'error_rate' ? (alert.value * alert.window_ms) / 60_000 : alert.value,
      matched: alert.matched,
      suppressed: alert.suppressed,
      continues: continues !== null,
    };
  });
}

const rules = fc.oneof(
  fc
    .record({ threshold: fc.constantFrom(1, 2, 3, 5), window_minutes: fc.constantFrom(1, 2, 5) })
    .map((conditions) => testRule({ conditions: JSON.stringify(conditions) })),
  fc.constant(testRule({ alert_type: 'pattern_match', conditions: JSON.stringify({ pattern: 'brok' }) })),
  fc.constant(testRule({ alert_type: 'log_level', conditions: JSON.stringify({ log_levels: ['error'] }) })),
);
const anyRule = fc
  .tuple(rules, fc.constantFrom(0, 1, 2, 7), fc.constantFrom(null, 'host'))
  .map(([base, cooldown_minutes, group_by]) => ({ ...base, cooldown_minutes, group_by }));
/** Bursts and single lines over 20 minutes. */
const anyLines = fc.array(
  fc.record({
    bucket: fc.oneof(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 30, max: 45 })),
    connection_id: fc.constantFrom('conn_a', 'conn_b', 'conn_c'),
    host: fc.constantFrom('h1', 'h2', undefined),
    copies: fc.constantFrom(1, 1, 2, 4),
  }),
  { minLength: 1, maxLength: 60 },
);
/** What happens between the lines: parts of them are taken, conclusions drawn, watermarks moved, processes killed. */
const anySchedule = fc.array(
  fc.record({
    take: fc.integer({ min: 1, max: 12 }),
    next: fc.constantFrom('settle', 'nothing', 'restart', 'progress'),
    bucket: fc.integer({ min: 0, max: 130 }),
  }),
  { minLength: 1, maxLength: 30 },
);

function recordsOf(lines: typeof anyLines extends fc.Arbitrary<infer Lines> ? Lines : never): LogRecord[] {
  return lines.flatMap(({ bucket, connection_id, host, copies }) =>
    Array.from({ length: copies }, () =>
      line(bucket, { connection_id, attributes: host === undefined ? {} : { host } }),
    ),
  );
}

describe('the alerts of a rule', () => {
  it('are what looking at every bucket says, whatever the order, the parts and the kills', () => {
    let total = 0;
    fc.assert(
      fc.property(anyRule, anyLines, anySchedule, fc.infiniteStream(fc.nat()), (given, lines, schedule, keys) => {
        const records = recordsOf(lines);
        // Every order of arrival, connections mixed.
        const order = records
          .map((record) => ({ record, key: keys.next().value ?? 0 }))
          .sort((one, other) => one.key - other.key)
          .map(({ record }) => record);
        const evaluation = new Evaluation([given]);
        let settled = 0;
        let taken = 0;
        for (let step = 0; taken < order.length || settled < order.length; step += 1) {
          const { take, next, bucket } = schedule[step % schedule.length] ?? { take: 1, next: 'settle', bucket: 0 };
          evaluation.take(order.slice(taken, taken + take));
          taken = Math.min(order.length, taken + take);
          if (next === 'restart' && step < schedule.length) {
            evaluation.restart();
            taken = settled;
          } else if (next === 'progress') {
            evaluation.progress({ bucket });
            settled = taken;
          } else if (next === 'settle' || step >= schedule.length) {
            evaluation.settle();
            settled = taken;
          }
        }
        evaluation.progress({ bucket: 250 });
        const alerts = evaluation.alerts();
        const expected = bruteForce(records, given);
        total += expected.length;
        expect(asExpected(alerts)).toEqual(expected);
        const fired = evaluation.events.filter(({ event }) => event === 'fired' || event === 'escalated');
        expect(new Set(fired.map(({ id }) => id)).size).toBe(fired.length);
        expect(evaluation.events.every(({ lines: shown }) => shown.length > 0)).toBe(true);
        evaluation.progress({ bucket: 2000 });
        expect(evaluation.late).toEqual([]);
      }),
      { numRuns: 1500 },
    );
    expect(total).toBeGreaterThan(1000);
  });

  it('fire at once, and say so late when a line comes ten minutes after its time was taken for complete', () => {
    const evaluation = new Evaluation([testRule()]);
    evaluation.take([line(60), line(60)]);
    evaluation.progress({ bucket: 120 });
    expect(evaluation.events).toEqual([]);
    evaluation.take([line(61)]);
    evaluation.settle();
    expect(evaluation.events.map(({ event, late, started_at }) => [event, late, started_at])).toEqual([
      ['fired', true, at(61)],
      ['resolved', true, at(61)],
    ]);
    const onTime = new Evaluation([testRule()]);
    onTime.progress({ bucket: 59 });
    onTime.take([line(60), line(60), line(60)]);
    onTime.settle();
    expect(onTime.events.map(({ event, late, status }) => [event, late, status])).toEqual([['fired', false, 'open']]);
    expect(onTime.events[0]?.lines.map(({ timestamp }) => timestamp)).toEqual(
      (onTime.events[0]?.lines ?? []).map(({ timestamp }) => timestamp).sort(),
    );
    expect(onTime.events[0]?.lines).toHaveLength(3);
  });

  it('keep their identity when late lines move their start, and open again when the condition comes back', () => {
    const evaluation = new Evaluation([testRule({ cooldown_minutes: 10 })]);
    evaluation.take([line(60), line(60), line(60)]);
    evaluation.progress({ bucket: 80 });
    evaluation.take([line(58), line(58), line(58)]);
    evaluation.settle();
    evaluation.take([line(90), line(90), line(90)]);
    evaluation.settle();
    evaluation.progress({ bucket: 130 });
    expect(evaluation.events.map(({ event, status, started_at }) => [event, status, started_at])).toEqual([
      ['fired', 'open', at(60)],
      ['resolved', 'resolved', at(60)],
      ['updated', 'resolved', at(58)],
      ['updated', 'open', at(58)],
      ['resolved', 'resolved', at(58)],
    ]);
    expect(new Set(evaluation.events.map(({ id }) => id)).size).toBe(1);
    expect(evaluation.events.at(-1)).toMatchObject({ suppressed: 1, matched: 9 });
  });

  it('report repeats when the watermark moves on, not one by one', () => {
    const evaluation = new Evaluation([testRule({ alert_type: 'log_level', conditions: '{"log_levels":["error"]}' })]);
    evaluation.progress({ bucket: 10 });
    for (let repeat = 0; repeat < 50; repeat += 1) {
      evaluation.take([line(10)]);
      evaluation.settle();
    }
    expect(evaluation.events).toHaveLength(1);
    evaluation.progress({ bucket: 11 });
    expect(evaluation.events.at(-1)).toMatchObject({ event: 'updated', matched: 50, suppressed: 49 });
    expect(evaluation.events.at(-1)?.lines).toHaveLength(10);
  });

  it('wait for the slowest connection that is read, and for none that is not', () => {
    const evaluation = new Evaluation([testRule()]);
    evaluation.take([line(60), line(60), line(60)]);
    evaluation.progress({ bucket: 100 }, { connection_id: 'conn_b', bucket: 50 });
    expect(evaluation.events.at(-1)).toMatchObject({ status: 'open' });
    evaluation.progress({ bucket: 100 }, { connection_id: 'conn_b', bucket: 50, reading: false });
    expect(evaluation.events.at(-1)).toMatchObject({ event: 'resolved', resolved_at: at(66) });
    // It never goes back.
    evaluation.progress({ bucket: 10 });
    evaluation.take([line(80), line(80), line(80)]);
    evaluation.settle();
    expect(evaluation.events.at(-1)).toMatchObject({ late: true });
  });

  it('end with the rule, or when it changes what it counts', () => {
    const evaluation = new Evaluation([testRule()]);
    evaluation.take([line(60), line(60), line(60)]);
    evaluation.settle();
    evaluation.set(testRule({ revision: 2, conditions: JSON.stringify({ threshold: 1, window_minutes: 1 }) }));
    evaluation.take([line(61)]);
    evaluation.settle();
    expect(
      evaluation.events.map(({ event, resolution, rule_revision, matched }) => [
        event,
        resolution,
        rule_revision,
        matched,
      ]),
    ).toEqual([
      ['fired', null, 1, 3],
      ['resolved', 'rule_changed', 1, 3],
      ['fired', null, 2, 1],
    ]);
    evaluation.evaluator.void('rule_1', 'rule_deleted');
    evaluation.rules.clear();
    evaluation.settle();
    expect(evaluation.events.at(-1)).toMatchObject({ event: 'resolved', resolution: 'rule_deleted', threshold: 1 });
    expect([...evaluation.evaluator.rememberedRules()]).toEqual([]);
  });

  it('are others than before when the rule is turned off and on again, even those of the same bucket', () => {
    const evaluation = new Evaluation([testRule()]);
    const fire = () => {
      evaluation.take([line(60), line(60), line(60)]);
      evaluation.settle();
    };
    fire();
    evaluation.evaluator.void('rule_1', 'rule_disabled');
    evaluation.settle();
    evaluation.set(testRule({ revision: 2 }));
    fire();
    expect(
      evaluation.alerts().map(({ started_at, sequence, resolution }) => [started_at, sequence, resolution]),
    ).toEqual([
      [at(60), 2, 'rule_disabled'],
      [at(60), 1, null],
    ]);
  });

  it('are found however much there is to catch up on at once', () => {
    const evaluation = new Evaluation([testRule()]);
    for (let part = 0; part < 40; part += 1) {
      const buckets = Array.from({ length: 10_000 }, (_, index) => ({ bucket: part * 10_000 + index, count: 3 }));
      evaluation.evaluator.count({ rule_id: 'rule_1', rule_revision: 1, group: '', buckets, lines: [] });
    }
    evaluation.settle();
    expect(evaluation.alerts().length).toBeGreaterThan(0);
  });

  it('share a group when a rule has more of them than it may', () => {
    const evaluation = new Evaluation([testRule({ group_by: 'host' })], { maxGroups: 3 });
    for (let host = 0; host < 10; host += 1) evaluation.take([line(60, { attributes: { host: `h${host}` } })]);
    evaluation.take([line(60, { attributes: { host: 'h0' } }), line(60, { attributes: { host: 'h0' } })]);
    evaluation.settle();
    expect(evaluation.alerts().map(({ group, matched }) => [group, matched])).toEqual([
      [otherGroups, 7],
      ['h0', 3],
    ]);
    expect(evaluation.overflows).toHaveLength(7);
  });

  it('leave nothing behind once no line can change them, and count what comes later than that', () => {
    const evaluation = new Evaluation([testRule({ group_by: 'host' })]);
    evaluation.progress({ bucket: 0 });
    for (let bucket = 0; bucket < 3000; bucket += 50) {
      const attributes = { host: `h${bucket}` };
      evaluation.take([line(bucket, { attributes }), line(bucket, { attributes }), line(bucket, { attributes })]);
      evaluation.progress({ bucket });
      expect(evaluation.storeSize).toBeLessThan(3 * (1 + (360 + 6 + 12) / 50 + 2));
    }
    evaluation.progress({ bucket: 4000 });
    // The rule, the progress and the watermark.
    expect(evaluation.storeSize).toBe(3);
    evaluation.take([line(2900)]);
    evaluation.settle();
    expect(evaluation.late).toEqual([1]);
    expect(evaluation.alerts()).toHaveLength(60);
    expect(evaluation.alerts().every(({ resolution }) => resolution === 'condition_ended')).toBe(true);
  });
});

describe('what an alert says of time', () => {
  /** Lines come in any order and in parts; some bear times that have not come yet; conclusions are drawn as the clock goes on. */
  const anyStory = fc.array(
    fc.record({
      /** Against the clock, in buckets. */
      ahead: fc.constantFrom(-30, -6, -2, -1, 0, 0, 0, 0, 3),
      copies: fc.integer({ min: 0, max: 6 }),
      passed: fc.constantFrom(0, 0, 1, 2, 6, 20),
      watermark: fc.constantFrom(undefined, 0, 3, 40),
      next: fc.constantFrom('settle', 'settle', 'restart', 'void'),
    }),
    { minLength: 1, maxLength: 40 },
  );

  it('is never later than when it is said, nor is the start later than the newest line that caused it', () => {
    let told = 0;
    fc.assert(
      fc.property(anyRule, anyStory, (given, story) => {
        let clock = 100;
        const evaluation = new Evaluation([given], { now: () => at(clock) + 1 });
        let newest = Number.NEGATIVE_INFINITY;
        let revision = given.revision;
        for (const { ahead, copies, passed, watermark, next } of story) {
          clock += passed;
          const lines = Array.from({ length: copies }, () => line(clock + ahead, { attributes: { host: 'h1' } }));
          newest = Math.max(newest, ...lines.map(({ timestamp }) => timestamp));
          evaluation.take(lines);
          if (next === 'void') {
            evaluation.evaluator.void(given.id, 'rule_changed');
            revision += 1;
            evaluation.set({ ...given, revision });
          }
          if (watermark !== undefined) evaluation.progress({ bucket: clock - watermark });
          else evaluation.settle();
          if (next === 'restart') evaluation.restart();
          for (const alert of evaluation.events.slice(told)) {
            expect(alert.started_at).toBeLessThanOrEqual(alert.fired_at);
            expect(alert.fired_at).toBeLessThanOrEqual(alert.happened_at);
            expect(alert.started_at).toBeLessThanOrEqual(newest);
            expect(alert.resolved_at ?? alert.happened_at).toBeLessThanOrEqual(alert.happened_at);
            expect(alert.resolved_at ?? alert.happened_at).toBeGreaterThanOrEqual(alert.started_at);
          }
          told = evaluation.events.length;
        }
        told = 0;
      }),
      { numRuns: 500 },
    );
  });

  it('does not make an alert of each cooldown out of the window that the last lines leave behind', () => {
    const rate = testRule({ conditions: '{"threshold":1,"window_minutes":5}', cooldown_minutes: 1 });
    const evaluation = new Evaluation([rate]);
    evaluation.take([line(60), line(60), line(61), line(61), line(62)]);
    evaluation.settle();
    expect(evaluation.events.map(({ event, started_at }) => [event, started_at])).toEqual([['fired', at(62)]]);
    // The condition still holds; the next line that keeps it up is what escalates.
    evaluation.take([line(80)]);
    evaluation.settle();
    expect(evaluation.events.map(({ event, started_at, resolved_at }) => [event, started_at, resolved_at])).toEqual([
      ['fired', at(62), null],
      ['resolved', at(62), at(80)],
      ['escalated', at(80), null],
    ]);
    evaluation.progress({ bucket: 120 });
    expect(evaluation.events.at(-1)).toMatchObject({ event: 'resolved', resolved_at: at(90) });
  });

  it('fires at its threshold exactly, as "at least" says', () => {
    const rate = testRule({ conditions: '{"threshold":1,"window_minutes":5}' });
    const evaluation = new Evaluation([rate]);
    evaluation.take([line(60), line(60), line(60), line(60)]);
    evaluation.settle();
    expect(evaluation.events).toEqual([]);
    evaluation.take([line(60)]);
    evaluation.settle();
    expect(evaluation.events).toMatchObject([{ event: 'fired', value: 1, threshold: 1 }]);
  });
});

describe('the end of an alert', () => {
  const channelsOf = ({ events }: Evaluation) => events.map(({ event, notification_channels: to }) => [event, ...to]);

  it('goes to the channels that heard of it, whatever has become of its rule', () => {
    const evaluation = new Evaluation([testRule({ notification_channels: ['chan_a'] })]);
    evaluation.take([line(60), line(60), line(60)]);
    evaluation.settle();
    evaluation.restart();
    evaluation.set(testRule({ notification_channels: ['chan_b'], version: 2 }));
    evaluation.progress({ bucket: 100 });
    evaluation.take([line(200), line(200), line(200)]);
    evaluation.settle();
    evaluation.evaluator.void('rule_1', 'rule_deleted');
    evaluation.settle();
    expect(channelsOf(evaluation)).toEqual([
      ['fired', 'chan_a'],
      ['resolved', 'chan_a'],
      ['fired', 'chan_b'],
      ['resolved', 'chan_b'],
    ]);
  });

  it('that goes on as another goes to those alone that do not hear of the other', () => {
    const given = testRule({ notification_channels: ['chan_a', 'chan_b'], cooldown_minutes: 1 });
    const evaluation = new Evaluation([given]);
    evaluation.take([line(60), line(60), line(60)]);
    evaluation.settle();
    evaluation.set({ ...given, notification_channels: ['chan_b', 'chan_c'], version: 2 });
    evaluation.take([line(65), line(65), line(66)]);
    evaluation.settle();
    expect(channelsOf(evaluation)).toEqual([
      ['fired', 'chan_a', 'chan_b'],
      ['resolved', 'chan_a'],
      ['escalated', 'chan_b', 'chan_c'],
    ]);
  });

  it('comes when all connections of its rule are deleted, and their watermarks are forgotten', () => {
    const known = new Map([
      ['conn_a', { project_id: 'shop', name: 'Checkout', created_at: 0 }],
      ['conn_b', { project_id: 'shop', name: 'Cart', created_at: 0 }],
    ]);
    const filter = JSON.stringify({ connections: ['conn_a'] });
    const evaluation = new Evaluation([testRule({ filter })], { connections: known });
    evaluation.progress({ bucket: 50 }, { connection_id: 'conn_b', bucket: 50 });
    evaluation.take([line(60), line(60), line(60)]);
    evaluation.settle();
    // Not read any more is not deleted.
    evaluation.progress({ connection_id: 'conn_b', bucket: 100 });
    expect(evaluation.events.at(-1)).toMatchObject({ event: 'fired' });
    known.delete('conn_a');
    evaluation.progress({ connection_id: 'conn_b', bucket: 101 });
    expect(evaluation.events.at(-1)).toMatchObject({ event: 'resolved', resolution: 'connection_deleted' });
  });
});

describe('silence', () => {
  const silence = testRule({
    alert_type: 'absence',
    conditions: '{"window_minutes":5}',
    group_by: 'connection',
    cooldown_minutes: 60,
  });
  const told = ({ events }: Evaluation) => events.map(({ event, group, started_at }) => [event, group, started_at]);

  it('of a connection is reported once its watermark shows it, and is over with the next line', () => {
    const evaluation = new Evaluation([silence]);
    evaluation.progress({ bucket: 0 });
    evaluation.take([line(10)]);
    evaluation.progress({ bucket: 40 });
    expect(evaluation.events).toEqual([]);
    evaluation.progress({ bucket: 41 });
    expect(told(evaluation)).toEqual([['fired', 'conn_a', at(40)]]);
    evaluation.restart();
    evaluation.take([line(50)]);
    evaluation.settle();
    expect(evaluation.events.at(-1)).toMatchObject({
      event: 'resolved',
      resolved_at: at(50),
      resolution: 'condition_ended',
    });
  });

  it('is not reported for the past of a new rule, nor for a connection that is not read', () => {
    const evaluation = new Evaluation([silence]);
    evaluation.progress({ bucket: 1000 }, { connection_id: 'conn_b', bucket: 0, reading: false });
    evaluation.take([line(900)]);
    evaluation.progress({ bucket: 1029 }, { connection_id: 'conn_b', bucket: 1000, reading: false });
    expect(evaluation.events).toEqual([]);
    evaluation.progress({ bucket: 1031 }, { connection_id: 'conn_b', bucket: 1000, reading: false });
    expect(told(evaluation)).toEqual([['fired', 'conn_a', at(1030)]]);
  });

  it('that a late line shows not to have been any is over', () => {
    const evaluation = new Evaluation([silence]);
    evaluation.progress({ bucket: 0 });
    evaluation.progress({ bucket: 35 });
    evaluation.take([line(20)]);
    evaluation.settle();
    expect(told(evaluation)).toEqual([
      ['fired', 'conn_a', at(30)],
      ['resolved', 'conn_a', at(30)],
    ]);
  });

  it('ends with the connection, and nothing of it is left', () => {
    const known = new Map([['conn_a', { project_id: 'shop', name: 'Checkout', created_at: 0 }]]);
    const evaluation = new Evaluation([silence], { connections: known });
    evaluation.progress({ bucket: 0 });
    evaluation.progress({ bucket: 35 });
    evaluation.progress({ connection_id: 'conn_b', bucket: 35 });
    expect(told(evaluation).map(([event]) => event)).toEqual(['fired']);
    known.delete('conn_a');
    evaluation.progress({ connection_id: 'conn_b', bucket: 36 });
    expect(told(evaluation).map(([event]) => event)).toEqual(['fired', 'resolved']);
    expect(evaluation.events.at(-1)).toMatchObject({ resolution: 'connection_deleted' });
    evaluation.progress({ connection_id: 'conn_b', bucket: 37 });
    expect(evaluation.watermarks).toEqual(['complete/shop/conn_b']);
  });

  it('is not found before the connection was there, and names it', () => {
    const known = new Map([['conn_a', { project_id: 'shop', name: 'Checkout', created_at: at(700) }]]);
    const impatient = { ...silence, cooldown_minutes: 0 };
    const evaluation = new Evaluation([impatient], { connections: known });
    // It reads two hours of history first.
    evaluation.progress({ bucket: 0 });
    evaluation.progress({ bucket: 729 });
    expect(evaluation.events).toEqual([]);
    evaluation.progress({ bucket: 731 });
    expect(evaluation.events).toMatchObject([{ event: 'fired', started_at: at(730), group_name: 'Checkout' }]);
    // Without a cooldown it is said again when it has lasted as long again, and not for each bucket of 10 s.
    evaluation.progress({ bucket: 789 });
    expect(evaluation.alerts()).toHaveLength(2);
  });

  it('that outlives the cooldown is reported again', () => {
    const evaluation = new Evaluation([silence]);
    evaluation.progress({ bucket: 0 });
    for (let bucket = 100; bucket <= 900; bucket += 100) evaluation.progress({ bucket });
    expect(told(evaluation)).toEqual([
      ['fired', 'conn_a', at(30)],
      ['resolved', 'conn_a', at(30)],
      ['escalated', 'conn_a', at(390)],
      ['resolved', 'conn_a', at(390)],
      ['escalated', 'conn_a', at(750)],
    ]);
  });
});
