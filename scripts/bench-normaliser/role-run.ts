import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { RoleProcess } from '../chaos/role-process.ts';
import { usageOf } from './process-usage.ts';

export interface RoleRunOptions {
  readonly kafka: Kafka;
  readonly role: string;
  /** What the role reads the topic as. */
  readonly group: string;
  readonly input: string;
  readonly processes: number;
  readonly env: Readonly<Record<string, string>>;
  /** Gets the processes' logs. */
  readonly directory: string;
}

export interface RoleRun {
  /** From the first commit that is seen to the last. */
  readonly committedPerSecond: number;
  /** Of all processes together. */
  readonly peakRssMib: number;
  readonly cpuSeconds: number;
}

const lookEveryMs = 50;

/** Runs a role, as one process or several, over all that is in a topic now. @throws when a process ends early. */
export async function runOverTopic(options: RoleRunOptions): Promise<RoleRun> {
  const { role, processes, env, directory } = options;
  const roles: RoleProcess[] = [];
  for (let number = 1; number <= processes; number++) {
    roles.push(await RoleProcess.create(role, `${role}-${number}`, env, directory));
  }
  for (const each of roles) each.start();
  try {
    const committedPerSecond = await committedAll(options, roles);
    const usages = roles.map(({ pid }) => usageOf(pid ?? 0));
    await Promise.all(roles.map((each) => each.stop()));
    return {
      committedPerSecond: Math.round(committedPerSecond),
      peakRssMib: usages.reduce((sum, { peakRssMib }) => sum + peakRssMib, 0),
      cpuSeconds: usages.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    };
  } finally {
    await Promise.all(roles.map((each) => each.kill9()));
  }
}

/** Empties topics, and lets groups start over: also by the positions that they keep in a topic. */
export async function resetTopics(
  { admin }: Kafka,
  emptied: readonly TopicSpec[],
  readers: readonly { readonly group: string; readonly input: string }[],
): Promise<void> {
  const specs = [...emptied.filter(({ name }) => name !== topics.positions.name), topics.positions];
  await admin.deleteTopics(specs.map(({ name }) => name));
  for (;;) {
    // Deleting takes a moment at the broker.
    try {
      await admin.createTopics(specs);
      for (const { name } of specs) await admin.describeTopic(name);
      break;
    } catch {
      await delay(100);
    }
  }
  for (const { group, input } of readers) await forgetOffsets(admin, group, input);
}

/** Offsets of a transaction that is still ending bring back a group that was deleted; it must stay deleted. */
async function forgetOffsets(admin: Kafka['admin'], group: string, input: string): Promise<void> {
  for (let looks = 0; looks < 3; ) {
    await admin.deleteGroup(group).catch(() => undefined);
    await delay(200);
    const committed = await admin.committedOffsets(group, [input]);
    looks = committed.length === 0 ? looks + 1 : 0;
  }
}

/** Offsets a second, markers of transactions among them, until all is committed. */
async function committedAll(
  { kafka: { admin }, group, input }: RoleRunOptions,
  roles: readonly RoleProcess[],
): Promise<number> {
  const ends = await admin.offsets(input, 'last_stable');
  const earliest = await admin.offsets(input, 'earliest');
  let first: { readonly at: number; readonly done: number } | undefined;
  for (;;) {
    const committed = await admin.committedOffsets(group, [input]);
    const at = performance.now();
    const done = committed.reduce((sum, { partition, offset }) => sum + offset - (earliest[partition] ?? 0), 0);
    if (done > 0) first ??= { at, done };
    const isBehind = (end: number, partition: number) =>
      end > (earliest[partition] ?? 0) && !committed.some((each) => each.partition === partition && each.offset >= end);
    if (first && !ends.some(isBehind)) return ((done - first.done) * 1000) / (at - first.at);
    if (!roles.every(({ isRunning }) => isRunning)) throw new Error(`${group} ended early`);
    await delay(lookEveryMs);
  }
}
