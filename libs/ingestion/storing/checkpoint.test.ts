import type { Checkpoint as CheckpointRecord } from '@tailrace/schemas/generated/checkpoint.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourceEvent, SweepAxis, TimeRange } from '../contract/connector.ts';
import { type DueSweep, dueSweeps, sweepPlan } from '../coverage/sweep-plan.ts';
import { Checkpoint, type CheckpointChange, type CheckpointPlan } from './checkpoint.ts';

const second = 1_000_000;
const identity = { connectionId: 'conn_a', provider: 'aws' } as const;
const boundMs = 8000;
/** What events may be late by on the event axis, so that the longest tier still finds them: look-back − 2 periods − bound. */
const latestSeconds = 1000 - 200 - 10;
const begin = 1_700_000_000 * second;

function planFor(axis: SweepAxis): CheckpointPlan {
  const tiers = [
    { lookbackMs: 20_000, everyMs: 1000 },
    { lookbackMs: 100_000, everyMs: 10_000 },
    { lookbackMs: 1_000_000, everyMs: 100_000 },
  ];
  return { axis, plan: sweepPlan(axis, tiers, boundMs) };
}

/** An event of the simulated provider; times in microseconds. */
interface Emitted {
  readonly event: SourceEvent;
  readonly visibleAt: number;
}

/** The provider: shows what is visible at the moment of each request, in order of the axis. */
class Provider {
  readonly events: Emitted[] = [];
  readonly #axis: SweepAxis;

  constructor(axis: SweepAxis) {
    this.#axis = axis;
  }

  page(range: TimeRange, after: readonly [number, string], now: number, size: number): SourceEvent[] {
    const key = (event: SourceEvent) => this.axisTime(event);
    return this.events
      .filter(({ event, visibleAt }) => visibleAt <= now && key(event) >= range.start && key(event) < range.end)
      .map(({ event }) => event)
      .filter((event) => key(event) > after[0] || (key(event) === after[0] && event.id > after[1]))
      .sort((left, right) => key(left) - key(right) || (left.id < right.id ? -1 : 1))
      .slice(0, size);
  }

  axisTime(event: SourceEvent): number {
    return this.#axis === 'event' ? event.timestamp : event.observedTimestamp;
  }
}

interface RunningSweep {
  readonly sweep: DueSweep;
  readonly startedAt: number;
  after: readonly [number, string];
}

/** What a run of the real thing does, step by step in a simulated time, with Kafka reduced to "committed or not". */
class World {
  now = begin;
  /** How often each event was committed. */
  readonly output = new Map<string, number>();
  readonly provider: Provider;
  readonly how: CheckpointPlan;
  readonly #table = new Map<string, CheckpointRecord>();
  readonly #running = new Map<'live' | 'rest', RunningSweep>();
  checkpoint: Checkpoint;

  constructor(axis: SweepAxis) {
    this.how = planFor(axis);
    this.provider = new Provider(axis);
    this.checkpoint = Checkpoint.begin(identity, this.how, begin);
    this.#commit([], true);
  }

  /** One request of a lane, or the start of its next sweep. @returns whether there was anything to do. */
  step(lane: 'live' | 'rest', pageSize: number, withProgress: boolean, crash: 'no' | 'before' | 'after'): boolean {
    const running = this.#running.get(lane) ?? this.#startSweep(lane);
    if (!running) return false;
    const events = this.provider.page(running.sweep.range, running.after, this.now, pageSize);
    const last = events.at(-1);
    if (last) running.after = [this.provider.axisTime(last), last.id];
    const committed = this.#accept(events, withProgress, crash);
    if (committed && events.length < pageSize) {
      this.#running.delete(lane);
      this.checkpoint.swept(running.sweep.range, running.startedAt);
    }
    return true;
  }

  /** The low-latency path shows some of what is visible, again and again. */
  tail(indexes: readonly number[]): void {
    const visible = this.provider.events.filter(({ visibleAt }) => visibleAt <= this.now);
    this.#accept(
      indexes.flatMap((index) => visible.at(-1 - index)?.event ?? []),
      false,
      'no',
    );
  }

  /** Sweeps on until everything is settled. */
  finish(): void {
    const last = Math.max(
      this.now,
      ...this.provider.events.map(({ visibleAt, event }) => Math.max(visibleAt, event.timestamp)),
    );
    const end = last + 2500 * second;
    while (this.now < end) {
      const busy = this.step('live', 1000, false, 'no') || this.step('rest', 1000, true, 'no');
      if (busy) continue;
      this.now = Math.max(
        this.now + second,
        Math.min(end, dueSweeps(this.checkpoint.coverage, this.how.plan, this.now).nextDueAt),
      );
    }
  }

  #startSweep(lane: 'live' | 'rest'): RunningSweep | undefined {
    const wanted = (band: number) => (band === 0) === (lane === 'live');
    const { due } = dueSweeps(this.checkpoint.coverage, this.how.plan, this.now, wanted);
    const [sweep] = due.toSorted((left, right) => right.urgency - left.urgency);
    if (!sweep) return undefined;
    const running = { sweep, startedAt: this.now, after: [Number.NEGATIVE_INFINITY, ''] as const };
    this.#running.set(lane, running);
    return running;
  }

  #accept(events: readonly SourceEvent[], withProgress: boolean, crash: 'no' | 'before' | 'after'): boolean {
    // A page may show an event twice.
    const { fresh } = this.checkpoint.admit(
      events.flatMap((event, index) => (index % 3 ? [event] : [event, event])),
      this.now,
    );
    if (crash !== 'before') this.#commit(fresh, withProgress);
    if (crash === 'no') return true;
    this.#running.clear();
    this.checkpoint = Checkpoint.restore(identity, this.how, this.#table)!;
    return false;
  }

  #commit(fresh: readonly SourceEvent[], withProgress: boolean): void {
    for (const { id } of fresh) this.output.set(id, (this.output.get(id) ?? 0) + 1);
    for (const { key, value } of this.checkpoint.takeChanges(withProgress)) this.#apply({ key, value });
  }

  #apply({ key, value }: CheckpointChange): void {
    if (value === null) this.#table.delete(key);
    else this.#table.set(key, value);
  }

  get persistedIds(): number {
    return [...this.#table.values()].reduce((sum, { emitted }) => sum + (emitted?.ids.length ?? 0) / 16, 0);
  }
}

let sequence = 0;
function emit(world: World, ageSeconds: number, latenessSeconds: number, delaySeconds: number): void {
  // Event time, then ingestion, then visibility; the ingestion is now or a moment ago.
  const ingested = world.now - ageSeconds * second;
  const timestamp = ingested - latenessSeconds * second;
  const id = `e${String(sequence++).padStart(9, '0')}`;
  const event = { id, timestamp, timestampNanos: 0, observedTimestamp: ingested, stream: '', payload: '{}' };
  world.provider.events.push({ event, visibleAt: Math.max(world.now, ingested + delaySeconds * second) });
}

const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('emit' as const),
      count: fc.integer({ min: 1, max: 6 }),
      lateness: fc.oneof(
        fc.constant(0),
        fc.integer({ min: -30, max: 120 }),
        fc.integer({ min: -30, max: latestSeconds }),
      ),
      delay: fc.oneof(fc.constant(0), fc.double({ min: 0, max: boundMs / 1000, noNaN: true })),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      lane: fc.constantFrom('live' as const, 'rest' as const),
      pageSize: fc.integer({ min: 1, max: 5 }),
      withProgress: fc.boolean(),
      crash: fc.oneof(
        { weight: 8, arbitrary: fc.constant('no' as const) },
        fc.constantFrom('before' as const, 'after' as const),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('tail' as const), indexes: fc.array(fc.nat(12), { maxLength: 4 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      seconds: fc.oneof(
        { weight: 6, arbitrary: fc.double({ min: 0, max: 3, noNaN: true }) },
        { weight: 2, arbitrary: fc.integer({ min: 3, max: 60 }) },
        { weight: 1, arbitrary: fc.integer({ min: 60, max: 3000 }) },
      ),
    }),
  },
);

describe.each(['event', 'ingestion'] as const)('checkpoint on the %s axis', (axis) => {
  it('emits every event exactly once, whatever is late, cut into pages, crashed and resumed', () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 20, maxLength: 150 }), (actions) => {
        const world = new World(axis);
        for (const act of actions) {
          if (act.kind === 'wait') world.now += Math.round(act.seconds * second);
          else if (act.kind === 'step') world.step(act.lane, act.pageSize, act.withProgress, act.crash);
          else if (act.kind === 'tail') world.tail(act.indexes);
          else for (let count = 0; count < act.count; count++) emit(world, 0, act.lateness, act.delay);
        }
        world.finish();
        const wanted = world.provider.events.filter(({ event }) => event.timestamp >= begin);
        expect(Object.fromEntries(world.output)).toEqual(Object.fromEntries(wanted.map(({ event }) => [event.id, 1])));
        expect(world.checkpoint.recentIds).toBe(0);
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  it('keeps no more ids than the bound and one sweep period ask for', () => {
    const world = new World(axis);
    const perSecond = 10;
    let most = 0;
    for (let tick = 0; tick < 1500; tick++) {
      for (let count = 0; count < perSecond; count++) emit(world, 0, 0, 0);
      world.now += second;
      while (world.step('live', 1000, true, 'no'));
      while (world.step('rest', 1000, true, 'no'));
      if (tick > 200) most = Math.max(most, world.checkpoint.recentIds);
    }
    // On the event axis an event is in the second tier's band when the bound has passed.
    const period = axis === 'event' ? 10 : 1;
    expect(most).toBeLessThanOrEqual(perSecond * ((boundMs * 1.25) / 1000 + period + 2));
    expect(world.persistedIds).toBeLessThanOrEqual(2 * most);
    expect(world.checkpoint.coverage.steps.length).toBeLessThan(60);
  });
});

describe('checkpoint', () => {
  const how = planFor('event');
  const event = (id: string, timestamp: number, observedTimestamp = timestamp) => ({
    id,
    timestamp,
    observedTimestamp,
    timestampNanos: 0,
    stream: '',
    payload: '{}',
  });

  it('emits what came between the declared bound and the one kept, and counts it', () => {
    const checkpoint = Checkpoint.begin(identity, how, begin);
    const sweptAt = begin + 60 * second;
    checkpoint.swept({ start: begin, end: Number.POSITIVE_INFINITY }, sweptAt);
    const seen = sweptAt + second;
    const within = event('a', sweptAt - 7 * second);
    const between = event('b', sweptAt - 9 * second);
    const beyond = event('c', sweptAt - 11 * second);
    const { fresh, late, repeated } = checkpoint.admit([within, between, beyond], seen);
    expect(fresh.map(({ id }) => id)).toEqual(['a', 'b']);
    expect({ late, repeated }).toEqual({ late: 1, repeated: 1 });
  });

  it('skips events from before the start by event time, also late ones', () => {
    for (const axis of ['event', 'ingestion'] as const) {
      const checkpoint = Checkpoint.begin(identity, planFor(axis), begin);
      const events = [event('old', begin - 1000, begin + second), event('new', begin, begin + second)];
      const { fresh, skipped } = checkpoint.admit(events, begin + second);
      expect(fresh.map(({ id }) => id)).toEqual(['new']);
      expect(skipped).toBe(1);
    }
  });

  it('starts over for another provider, and deletes what the first one left', () => {
    const table = new Map<string, CheckpointRecord>();
    const apply = (checkpoint: Checkpoint) => {
      for (const { key, value } of checkpoint.takeChanges(true)) {
        if (value) table.set(key, value);
        else table.delete(key);
      }
    };
    const first = Checkpoint.begin(identity, how, begin);
    first.admit([event('a', begin)], begin);
    apply(first);
    expect([...table.keys()]).toEqual(['conn_a/0', 'conn_a']);
    expect(Checkpoint.restore(identity, how, table)?.admit([event('a', begin)], begin).fresh).toEqual([]);
    const moved = { ...identity, provider: 'gcp' } as const;
    expect(Checkpoint.restore(moved, how, table)).toBeUndefined();
    apply(Checkpoint.begin(moved, how, begin, table));
    expect([...table.keys()]).toEqual(['conn_a']);
    expect(table.get('conn_a')?.provider).toBe('gcp');
  });
});
