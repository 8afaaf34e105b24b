import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../problem.ts';
import { type Caller, FairQueue } from './fair-queue.ts';

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));
const caller = (project: string, subject = `${project}-ann`): Caller => ({ project, subject });

interface Job {
  readonly caller: Caller;
  readonly stop: AbortController;
  leave: (() => void) | undefined;
  state: 'waiting' | 'running' | 'over' | 'refused';
}

function enter(queue: FairQueue, who: Caller, onStart: (job: Job) => void = () => undefined): Job {
  const job: Job = { caller: who, stop: new AbortController(), leave: undefined, state: 'waiting' };
  queue.enter(who, job.stop.signal).then(
    (leave) => {
      job.leave = leave;
      job.state = 'running';
      onStart(job);
    },
    (error) => {
      job.state = error instanceof Problem && error.status === 429 ? 'refused' : 'over';
    },
  );
  return job;
}

const projects = ['p1', 'p2', 'p3', 'p4'];
const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('enter'), at: fc.nat(3), who: fc.nat(2) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('leave'), at: fc.nat(1000), who: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('go away'), at: fc.nat(1000), who: fc.constant(0) }) },
  ),
  { minLength: 1, maxLength: 120 },
);
const limits = fc.record({
  atOnce: fc.integer({ min: 1, max: 6 }),
  perProject: fc.integer({ min: 1, max: 4 }),
  perSubject: fc.integer({ min: 1, max: 3 }),
  waiting: fc.integer({ min: 1, max: 12 }),
  waitingPerProject: fc.integer({ min: 1, max: 6 }),
  waitingPerSubject: fc.integer({ min: 1, max: 4 }),
});

describe('a fair queue', () => {
  it('keeps every bound, leaves no place idle that somebody could have, and serves no project twice while another could be served', async () => {
    await fc.assert(
      fc.asyncProperty(steps, limits, fc.boolean(), async (sequence, given, shared) => {
        const queue = new FairQueue({ plural: 'searches', ...given });
        const jobs: Job[] = [];
        /** Those that have started, in that order. */
        const starts: Job[] = [];
        const of = (state: Job['state']) => jobs.filter((job) => job.state === state);
        const count = (state: Job['state'], where: (each: Caller) => boolean) =>
          of(state).filter((job) => where(job.caller)).length;
        const couldRunBeside =
          (running: readonly Job[]) =>
          ({ caller: { project, subject } }: Job) =>
            running.filter((job) => job.caller.project === project).length < given.perProject &&
            running.filter((job) => job.caller.subject === subject).length < given.perSubject;
        const couldRun = (job: Job) => couldRunBeside(of('running'))(job);
        /** Goes up with each step and each start, so that it says what came before what. */
        let tick = 0;
        /** By project: since when it has been waiting and servable, and was not served. */
        const servableSince = new Map<string, number>();
        const lastServed = new Map<string, number>();
        for (const action of sequence) {
          const began = ++tick;
          const before = starts.length;
          if (action.do === 'enter') {
            const project = projects[action.at]!;
            // Either each project's people have tokens of their own, or some act for several projects.
            const who = { project, subject: shared ? `s${action.who}` : `${project}-${action.who}` };
            jobs.push(enter(queue, who, (job) => starts.push(job)));
          } else {
            const among = of(action.do === 'leave' ? 'running' : 'waiting');
            const job = among[action.at % Math.max(1, among.length)];
            if (job) {
              job.state = 'over';
              if (action.do === 'leave') job.leave?.();
              else job.stop.abort(new Error('went away'));
            }
          }
          await settled();
          for (let at = before; at < starts.length; at += 1) {
            // As things stood when this one started: of those that start with it, the ones before it run, the others wait.
            const { project: served } = starts[at]!.caller;
            const later = starts.slice(at);
            const couldRunThen = couldRunBeside(of('running').filter((job) => !later.includes(job)));
            const others = [...of('waiting'), ...later].filter((job) => job.caller.project !== served);
            for (const { caller: other } of others.filter(couldRunThen)) {
              const since = servableSince.get(other.project) ?? began;
              expect(since > (lastServed.get(served) ?? -1), `${other.project} was passed over`).toBe(true);
            }
            lastServed.set(served, ++tick);
            servableSince.set(served, tick);
          }
          const servable = new Set(
            of('waiting')
              .filter(couldRun)
              .map((job) => job.caller.project),
          );
          for (const project of projects) {
            if (!servable.has(project)) servableSince.delete(project);
            else if (!servableSince.has(project)) servableSince.set(project, ++tick);
          }
          expect(of('running').length).toBeLessThanOrEqual(given.atOnce);
          if (of('running').length < given.atOnce) expect(of('waiting').filter(couldRun)).toEqual([]);
          for (const { caller: each } of jobs) {
            const ofProject = ({ project }: Caller) => project === each.project;
            const ofSubject = ({ subject }: Caller) => subject === each.subject;
            expect(count('running', ofProject)).toBeLessThanOrEqual(given.perProject);
            expect(count('running', ofSubject)).toBeLessThanOrEqual(given.perSubject);
            expect(count('waiting', ofProject)).toBeLessThanOrEqual(given.waitingPerProject);
            expect(count('waiting', ofSubject)).toBeLessThanOrEqual(given.waitingPerSubject);
          }
          expect(of('waiting').length).toBeLessThanOrEqual(given.waiting);
          expect(queue.state).toEqual({ running: of('running').length, waiting: of('waiting').length });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('serves two projects in turn, however many one of them asks for', async () => {
    const queue = new FairQueue({
      plural: 'searches',
      atOnce: 1,
      waitingPerSubject: 100,
      waitingPerProject: 100,
      waiting: 100,
    });
    const order: string[] = [];
    const note = (job: Job) => order.push(job.caller.project);
    const jobs = [enter(queue, caller('busy'), note)];
    for (let index = 0; index < 10; index += 1) jobs.push(enter(queue, caller('busy'), note));
    for (let index = 0; index < 3; index += 1) jobs.push(enter(queue, caller('quiet'), note));
    await settled();
    for (let index = 0; index < 7; index += 1) {
      jobs.find(({ state }) => state === 'running')?.leave?.();
      jobs.splice(
        jobs.findIndex(({ state }) => state === 'running'),
        1,
      );
      await settled();
    }
    expect(order).toEqual(['busy', 'busy', 'quiet', 'busy', 'quiet', 'busy', 'quiet', 'busy']);
  });

  it('serves the tokens of one project in turn', async () => {
    const queue = new FairQueue({ plural: 'searches', atOnce: 1, waitingPerSubject: 10 });
    const order: string[] = [];
    const jobs = ['ann', 'ann', 'ann', 'bob'].map((subject) =>
      enter(queue, caller('shop', subject), (job) => order.push(job.caller.subject)),
    );
    for (let index = 0; index < 3; index += 1) {
      await settled();
      const running = jobs.find(({ state }) => state === 'running');
      running!.state = 'over';
      running?.leave?.();
    }
    await settled();
    expect(order).toEqual(['ann', 'ann', 'bob', 'ann']);
  });

  it('has a place for a project at once while another has all that it may have', async () => {
    const queue = new FairQueue({ plural: 'searches', atOnce: 4 });
    for (let index = 0; index < 20; index += 1) enter(queue, caller('busy', `token ${index}`));
    await settled();
    expect(queue.state.running).toBe(2);
    const other = enter(queue, caller('quiet'));
    await settled();
    expect(other.state).toBe('running');
  });

  it('says what is too much, with a code, when to try again, and to the metrics', async () => {
    let refused = 0;
    const queue = new FairQueue({
      plural: 'dead letter searches',
      atOnce: 1,
      waitingPerSubject: 1,
      retryAfterSeconds: 7,
      onRefused: () => {
        refused += 1;
      },
    });
    for (let index = 0; index < 2; index += 1) enter(queue, caller('shop'));
    await expect(queue.run(caller('shop'), never, async () => undefined)).rejects.toMatchObject({
      status: 429,
      code: 'too_many_dead_letter_searches',
      message:
        'Too many dead letter searches at once: 1 dead letter searches of this token wait already. Try again in 7 s.',
      headers: { 'retry-after': '7' },
    });
    expect(refused).toBe(1);
  });

  it('refuses a caller that has waited longer than its patience', async () => {
    const queue = new FairQueue({ plural: 'searches', atOnce: 1, patienceMs: 5 });
    enter(queue, caller('busy'));
    await expect(queue.enter(caller('quiet'), never)).rejects.toMatchObject({ status: 429 });
    expect(queue.state).toEqual({ running: 1, waiting: 0 });
  });

  it('gives a place back when the work fails, and once only', async () => {
    const queue = new FairQueue({ plural: 'searches', atOnce: 1 });
    await expect(queue.run(caller('shop'), never, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    const leave = await queue.enter(caller('shop'), never);
    leave();
    leave();
    expect(queue.state).toEqual({ running: 0, waiting: 0 });
  });
});
