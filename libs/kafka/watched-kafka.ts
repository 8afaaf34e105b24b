import { longestSilenceMs } from '@tailrace/errors/proof-of-work.ts';
import { messageOf, remedyOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type {
  Admin,
  GroupMembership,
  GroupOptions,
  Kafka,
  Producer,
  Reader,
  ReaderOptions,
  Transaction,
  TransactionalProducer,
  Unanswered,
} from './kafka.ts';

/** A Kafka for one user, and what it owes that user. */
export interface WatchedKafka {
  /** To be used in place of the one that is watched. */
  readonly kafka: Kafka;
  /**
   * What Kafka has not answered for longer than `longestSilenceMs`, in plain words; empty while every partition that is
   * read, every membership and every call has had an answer since. Costs nothing but a look: answers that come anyway are
   * the proof, and a quiet partition's empty answer is one.
   */
  troubles(): readonly string[];
}

/** A failure is kept in mind this long: by then its caller has tried again. The longest back-off is 10 s. */
const rememberedMs = 20_000;

/** Watches over everything that is asked through the Kafka it gives. */
export function watchKafka(kafka: Kafka): WatchedKafka {
  const calls = new Calls();
  const readers = new Set<Reader>();
  const memberships = new Map<GroupMembership, string>();
  return {
    kafka: {
      client: kafka.client,
      admin: watchAdmin(kafka.admin, calls),
      transactionalProducer: async (id) => {
        const what = `writing as ${id}`;
        return watchTransactions(await calls.answered(what, () => kafka.transactionalProducer(id)), what, calls);
      },
      producer: async () => watchProducer(await calls.answered('opening a producer', () => kafka.producer()), calls),
      joinGroup: async (options) => watchMembership(kafka, options, calls, memberships),
      reader: async (options) => watchReader(kafka, options, calls, readers),
      close: () => kafka.close(),
    },
    troubles: () => {
      const partitions = [...readers].flatMap((reader) => reader.unanswered()).filter(isOverdue);
      const groups = [...memberships].flatMap(([{ silentMs }, groupId]) =>
        silentMs > longestSilenceMs
          ? [`Kafka: the coordinator of group ${groupId} has not answered for ${s(silentMs)}`]
          : [],
      );
      return [...unread(partitions), ...groups, ...calls.overdue()];
    },
  };
}

function isOverdue({ forMs }: { readonly forMs: number }): boolean {
  return forMs > longestSilenceMs;
}

/** One sentence for each reason, whatever number of partitions it holds up. */
function unread(partitions: readonly Unanswered[]): string[] {
  return [...Map.groupBy(partitions, ({ why }) => why)].map(([why, waiting]) => {
    const names = [...new Set(waiting.map(({ topic, partition }) => `${topic}[${partition}]`))];
    const others = names.length > shownPartitions ? ` and ${names.length - shownPartitions} other partitions` : '';
    const longest = Math.max(...waiting.map(({ forMs }) => forMs));
    return `Kafka: no answer for ${s(longest)} about ${names.slice(0, shownPartitions).join(', ')}${others} (${why})`;
  });
}

const shownPartitions = 3;

function s(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}

interface Owed {
  /** When it was asked for first after the last answer. */
  since: number;
  pending: number;
  failedAt: number;
  error: unknown;
}

/** Calls without an answer, by what they are for. Tries that follow one another are one wait. */
class Calls {
  readonly #owed = new Map<string, Owed>();

  async answered<Answer>(what: string, call: () => Promise<Answer>): Promise<Answer> {
    const owed = this.#owed.get(what) ?? { since: performance.now(), pending: 0, failedAt: 0, error: undefined };
    if (owed.pending === 0 && performance.now() - owed.failedAt > rememberedMs) owed.since = performance.now();
    this.#owed.set(what, owed);
    owed.pending += 1;
    try {
      const answer = await call();
      this.#settle(what, owed, undefined);
      return answer;
    } catch (error) {
      this.#settle(what, owed, isAnswer(error) ? undefined : error);
      throw error;
    }
  }

  /** @param error why there was no answer; undefined when there was one. */
  #settle(what: string, owed: Owed, error: unknown): void {
    owed.pending -= 1;
    owed.error = error;
    if (error !== undefined) owed.failedAt = performance.now();
    else if (owed.pending === 0) this.#owed.delete(what);
    else owed.since = performance.now();
  }

  overdue(): string[] {
    const now = performance.now();
    return [...this.#owed].flatMap(([what, { since, pending, failedAt, error }]) => {
      if (pending === 0 && now - failedAt > rememberedMs) {
        this.#owed.delete(what);
        return [];
      }
      if (now - since <= longestSilenceMs) return [];
      return [`Kafka: no answer for ${s(now - since)} (${error === undefined ? what : messageOf(error)})`];
    });
  }
}

/** Whether an error is the broker's own answer to what was asked, so that Kafka is well. */
function isAnswer(error: unknown): boolean {
  if (!(error instanceof TailraceError)) return false;
  return remedyOf(error) === 'give-up' || error.code === 'kafka.unknown_topic' || error.code === 'kafka.closed';
}

function watchAdmin(admin: Admin, calls: Calls): Admin {
  return {
    createTopics: (specs, options) => calls.answered('creating topics', () => admin.createTopics(specs, options)),
    deleteTopics: (names) => calls.answered('deleting topics', () => admin.deleteTopics(names)),
    describeTopic: (name) => calls.answered(`describing ${name}`, () => admin.describeTopic(name)),
    offsets: (topic, at) => calls.answered(`asking for the ends of ${topic}`, () => admin.offsets(topic, at)),
    committedOffsets: (group, topics) =>
      calls.answered(`asking for the offsets of ${group}`, () => admin.committedOffsets(group, topics)),
    deleteGroup: (group) => calls.answered(`deleting group ${group}`, () => admin.deleteGroup(group)),
    describeCluster: () => calls.answered('describing the cluster', () => admin.describeCluster()),
    minInSyncReplicas: (topics) =>
      calls.answered('asking for settings of topics', () => admin.minInSyncReplicas(topics)),
    groupMembers: (groups) => calls.answered('describing groups', () => admin.groupMembers(groups)),
  };
}

function watchProducer(producer: Producer, calls: Calls): Producer {
  return {
    send: (records) => {
      const topics = [...new Set(records.map(({ topic }) => topic))];
      return calls.answered(`writing to ${topics.join(', ')}`, () => producer.send(records));
    },
    close: () => producer.close(),
  };
}

function watchTransactions(producer: TransactionalProducer, what: string, calls: Calls): TransactionalProducer {
  const watch = (transaction: Transaction): Transaction => ({
    send: (records) => calls.answered(what, () => transaction.send(records)),
    commitOffsets: (group, offsets) => calls.answered(what, () => transaction.commitOffsets(group, offsets)),
    commit: () => calls.answered(what, () => transaction.commit()),
    abort: () => transaction.abort(),
  });
  return {
    transactionalId: producer.transactionalId,
    begin: () => watch(producer.begin()),
    close: () => producer.close(),
  };
}

async function watchMembership(
  kafka: Kafka,
  options: GroupOptions,
  calls: Calls,
  memberships: Map<GroupMembership, string>,
): Promise<GroupMembership> {
  const what = `joining group ${options.groupId}`;
  const joined = await calls.answered(what, () =>
    kafka.joinGroup({
      ...options,
      assigned: (partitions) => options.assigned(partitions),
      revoked: (partitions) => options.revoked(partitions),
      lost: (partitions) => options.lost(partitions),
      failed: (error) => {
        memberships.delete(joined);
        options.failed(error);
      },
    }),
  );
  memberships.set(joined, options.groupId);
  return {
    metadata: () => joined.metadata(),
    get silentMs() {
      return joined.silentMs;
    },
    leave: () => {
      memberships.delete(joined);
      return joined.leave();
    },
  };
}

async function watchReader(kafka: Kafka, options: ReaderOptions, calls: Calls, readers: Set<Reader>): Promise<Reader> {
  const topics = [...new Set(options.positions.map(({ topic }) => topic))].join(', ');
  const reader = await calls.answered(`reading ${topics}`, () => kafka.reader(options));
  readers.add(reader);
  return {
    poll: (signal) => reader.poll(signal),
    seek: (position) => reader.seek(position),
    remove: (partition) => reader.remove(partition),
    pause: (partition) => reader.pause(partition),
    resume: (partition) => reader.resume(partition),
    unanswered: () => reader.unanswered(),
    close: () => {
      readers.delete(reader);
      return reader.close();
    },
  };
}
