import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { type FromThread, receivedError, type ThreadData, type ToThread } from './messages.ts';
import type { Tasks } from './serve-tasks.ts';

export type TaskInput<Task extends Tasks[string]> = Parameters<Task>[1];
export type TaskAnswer<Task extends Tasks[string]> = Awaited<ReturnType<Task>>;

export interface SearchThreadOptions {
  readonly data: ThreadData;
  readonly logger: Logger;
  /** Called when a thread ended by itself, with everything that was running in it. */
  readonly onLost?: () => void;
  /** The module that runs in the thread. Left out: that of the stored lines. */
  readonly script?: URL | undefined;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How long a thread may take to close its connections before it is stopped, milliseconds. */
const closingMs = 5000;

/**
 * A thread beside the process's main one that reads, matches and counts stored rows. What a search allocates is in a heap
 * of its own, so neither its work nor its garbage collection makes requests, health or timers wait. It begins at
 * once, since a start takes the processor for longer than most searches do; after a loss it begins again with the next task.
 */
export class SearchThread<Known extends Tasks> {
  readonly #options: SearchThreadOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(options: SearchThreadOptions) {
    this.#options = options;
    this.#worker = this.#start();
  }

  /**
   * Runs a task in the thread. When the signal aborts, its statement is cancelled, and the reason is thrown once its
   * connection is free again.
   * @throws what the task throws (a `TailraceError` by code and remedy), TailraceError `log_search.cut_short` when the thread is lost.
   */
  async run<Name extends keyof Known & string>(
    name: Name,
    input: TaskInput<Known[Name]>,
    signal: AbortSignal,
  ): Promise<TaskAnswer<Known[Name]>> {
    signal.throwIfAborted();
    if (this.#isClosed) throw cutShort('the process stops');
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<TaskAnswer<Known[Name]>>();
    // Both sides are of one program, and the task's name has given the type.
    const resolve = (value: unknown) => answer.resolve(value as TaskAnswer<Known[Name]>);
    this.#waiting.set(id, { resolve, reject: answer.reject });
    const cancel = () => post(worker, { type: 'cancel', id });
    signal.addEventListener('abort', cancel, { once: true });
    try {
      post(worker, { type: 'run', id, name, input });
      return await answer.promise;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.#waiting.delete(id);
    }
  }

  /** Calls off what is running, closes the connections and ends the thread. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    if (!worker) return;
    const exited = once(worker, 'exit');
    post(worker, { type: 'close' });
    const overdue = setTimeout(() => void worker.terminate(), closingMs);
    await exited.finally(() => clearTimeout(overdue));
  }

  #start(): Worker {
    const { data, logger, onLost, script = new URL('./search-worker.ts', import.meta.url) } = this.#options;
    const worker = new Worker(script, { workerData: data, name: 'search' });
    let cause: unknown;
    worker.on('message', (message: FromThread) => this.#take(message));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', (code) => {
      if (this.#worker === worker) this.#worker = undefined;
      if (!this.#isClosed) {
        onLost?.();
        logger.error({ err: cause, code }, 'the thread that searches stored lines ended: what ran in it was cut short');
      }
      for (const { reject } of this.#waiting.values()) reject(cutShort('its thread ended', cause));
    });
    return worker;
  }

  #take(message: FromThread): void {
    if (message.type === 'warning') this.#options.logger.warn({ err: message.error }, message.message);
    else if (message.type === 'done') this.#waiting.get(message.id)?.resolve(message.value);
    else this.#waiting.get(message.id)?.reject(receivedError(message.error));
  }
}

function post(worker: Worker, message: ToThread): void {
  worker.postMessage(message);
}

function cutShort(reason: string, cause?: unknown): TailraceError {
  return new TailraceError(`the search was cut short: ${reason}`, {
    code: 'log_search.cut_short',
    remedy: 'retry',
    cause,
  });
}
