import { setPriority } from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openPool } from '@tailrace/postgres/connection/pool.ts';
import { boundedQueries, type Queryable } from '@tailrace/postgres/connection/queryable.ts';
import { type FromThread, sentError, type ThreadData, type ToThread } from './messages.ts';

/** What a task works with. */
export interface TaskContext {
  /** One statement at a time. */
  readonly database: Queryable;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Input and answer go from thread to thread: data alone. */
export type Tasks = Readonly<Record<string, (context: TaskContext, input: never) => Promise<unknown>>>;

/** How much the searching thread gives way to every other thread of the machine, in steps of nice(2). */
const niceness = 5;

/** Runs tasks for the thread that started this one, until that says close. The module that calls it is the thread's. */
export function serveTasks(tasks: Tasks): void {
  if (parentPort === null) throw new Error('this runs in a thread of the api');
  const data: ThreadData = workerData;
  giveWay();
  new TaskServer(tasks, parentPort, data).serve();
}

/** On Linux a thread has a priority of its own, and 0 is the one that asks; elsewhere it would be the whole process. */
function giveWay(): void {
  if (process.platform === 'linux') setPriority(0, niceness);
}

class TaskServer {
  readonly #tasks: Tasks;
  readonly #port: MessagePort;
  readonly #pool;
  readonly #limits;
  readonly #running = new Map<number, AbortController>();

  constructor(tasks: Tasks, port: MessagePort, data: ThreadData) {
    this.#tasks = tasks;
    this.#port = port;
    this.#pool = openPool({
      url: data.url,
      applicationName: 'tailrace-api',
      max: data.maxConnections,
      onIdleError: (error) =>
        this.#send({ type: 'warning', error: sentError(error).error, message: 'an idle database connection broke' }),
    });
    const { statementTimeoutMs, answerTimeoutMs } = data;
    this.#limits = { statementTimeoutMs, answerTimeoutMs, isReadOnly: true };
  }

  serve(): void {
    this.#port.on('message', (message: ToThread) => {
      if (message.type === 'run') void this.#run(message);
      else if (message.type === 'cancel')
        this.#running.get(message.id)?.abort(new Error('nobody waits for the answer'));
      else void this.#close();
    });
  }

  async #run({ id, name, input }: Extract<ToThread, { type: 'run' }>): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#running.set(id, controller);
    try {
      const task = this.#tasks[name];
      if (!task) throw new Error(`there is no task ${name}`);
      // The caller names a task and gives its input, which `SearchThread.run` has checked the types of.
      const value = await task(
        { database: boundedQueries(this.#pool, { ...this.#limits, signal }), signal },
        input as never,
      );
      this.#send({ type: 'done', id, value });
    } catch (error) {
      this.#send({ type: 'failed', id, error: sentError(error) });
    } finally {
      this.#running.delete(id);
    }
  }

  /** With its port closed and its connections ended, nothing keeps the thread alive. */
  async #close(): Promise<void> {
    for (const controller of this.#running.values()) controller.abort(new Error('the process stops'));
    await this.#pool.end();
    this.#port.close();
  }

  #send(message: FromThread): void {
    this.#port.postMessage(message);
  }
}
