import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Asker } from '@tailrace/http/access/caller.ts';
import type { FairQueue } from '@tailrace/http/limits/fair-queue.ts';
import { Problem } from '@tailrace/http/problem.ts';
import { watchDatabase } from '@tailrace/postgres/connection/database-health.ts';
import { openPool } from '@tailrace/postgres/connection/pool.ts';
import { boundedQueries } from '@tailrace/postgres/connection/queryable.ts';
import { Backoff } from '@tailrace/stream/backoff.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { SearchTasks } from '../search/search-tasks.ts';
import { SearchThread, type TaskAnswer, type TaskInput } from '../search/search-thread.ts';

/** A server that is well cancels a statement by itself; for one that has not answered by then, nobody waits longer. */
const beyondStatementMs = 2000;

/** The database that is searched: a read replica where there is one. */
export interface LogDatabase {
  /**
   * Runs a search, one statement at a time, when its turn has come; in a thread of its own, so that it keeps nobody else in the
   * process waiting.
   * @throws Problem 422 for values it does not take, 429 when too many wait, 503 while it is unreachable, 504 when the search took
   *   too long.
   */
  run<Name extends keyof SearchTasks>(
    asker: Asker,
    name: Name,
    input: TaskInput<SearchTasks[Name]>,
  ): Promise<TaskAnswer<SearchTasks[Name]>>;
  /** Why it cannot be searched now; undefined when it can. */
  readonly trouble: string | undefined;
  close(): Promise<void>;
}

export interface LogDatabaseOptions {
  readonly url: string;
  /** One looks whether the database answers; the others search. */
  readonly maxConnections: number;
  readonly statementTimeoutMs: number;
  /** Who may use its connections when. */
  readonly queue: FairQueue;
  readonly logger: Logger;
  /** Called when the thread that searches was lost. */
  readonly onThreadLost?: () => void;
  /** What runs in that thread, where a test needs something else. */
  readonly threadScript?: URL | undefined;
}

/** Opens the database and looks after it: its tables are looked for until they are there, and whether it answers, for good. */
export function openLogDatabase({
  url,
  maxConnections,
  statementTimeoutMs,
  queue,
  logger,
  onThreadLost,
  threadScript,
}: LogDatabaseOptions): LogDatabase {
  const pool = openPool({
    url,
    applicationName: 'tailrace-api',
    max: 1,
    onIdleError: (err) => logger.warn({ err }, 'an idle database connection broke'),
  });
  const health = watchDatabase(pool);
  const answerTimeoutMs = statementTimeoutMs + beyondStatementMs;
  const database = boundedQueries(pool, { statementTimeoutMs, answerTimeoutMs, isReadOnly: true });
  const thread = new SearchThread<SearchTasks>({
    data: { url, maxConnections: Math.max(1, maxConnections - 1), statementTimeoutMs, answerTimeoutMs },
    logger,
    script: threadScript,
    ...(onThreadLost && { onLost: onThreadLost }),
  });
  const stop = new AbortController();
  let trouble: string | undefined = 'the database has not answered yet';
  let probing: Promise<void> | undefined;

  async function probe(): Promise<void> {
    const backoff = new Backoff({ initialMs: 200, maxMs: 5000 });
    while (!stop.signal.aborted) {
      try {
        await database.query('select from logs limit 0');
        trouble = undefined;
        probing = undefined;
        return;
      } catch (error) {
        report(error);
        await backoff.wait(stop.signal);
      }
    }
  }

  /** Says once what is wrong. That the tables are not there yet is how every first start begins. */
  function report(error: unknown): void {
    const before = trouble;
    trouble = isMissingTable(error) ? 'the sink has not created the tables yet' : `the database: ${messageOf(error)}`;
    if (trouble === before) return;
    if (isMissingTable(error)) logger.info(trouble);
    else logger.warn({ err: error }, trouble);
  }

  function failed(error: TailraceError): Problem {
    if (error.code === 'log_search.too_slow') {
      return new Problem(504, { code: error.code, detail: `${error.message}. ${error.help}`, cause: error });
    }
    if (error.code === 'log_search.cut_short') {
      return new Problem(503, {
        code: error.code,
        detail: 'The search was cut short by a failure of this process. Try again.',
        retryAfterSeconds: 1,
        cause: error,
      });
    }
    if (error.code === 'postgres.data_refused') {
      return new Problem(422, { detail: `The log database does not take a value: ${error.message}`, cause: error });
    }
    trouble = error.message;
    probing ??= probe();
    return new Problem(503, { detail: 'The log database is unreachable.', retryAfterSeconds: 2, cause: error });
  }

  probing = probe();
  return {
    async run<Name extends keyof SearchTasks>(
      { caller, gone }: Asker,
      name: Name,
      input: TaskInput<SearchTasks[Name]>,
    ): Promise<TaskAnswer<SearchTasks[Name]>> {
      try {
        return await queue.run(caller, gone, () => thread.run(name, input, gone));
      } catch (error) {
        if (error instanceof Problem || !(error instanceof TailraceError)) throw error;
        throw failed(error);
      }
    },
    get trouble() {
      return trouble ?? health.trouble;
    },
    async close() {
      stop.abort();
      await probing;
      health.close();
      await Promise.all([thread.close(), pool.end()]);
    },
  };
}

function isMissingTable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === '42P01';
}
