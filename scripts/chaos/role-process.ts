import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../dev-stack/ports.ts';

const root = join(import.meta.dirname, '..', '..');
/** Ports of this process's roles, which listen only once they have started. */
const promised: number[] = [];

/** A role in a process of its own, which can be killed, paused and started again at the same port. */
export class RoleProcess {
  readonly role: string;
  readonly name: string;
  readonly port: number;
  readonly #env: Readonly<Record<string, string>>;
  readonly #logFile: string;
  #child: ChildProcess | undefined;

  private constructor(
    role: string,
    name: string,
    port: number,
    env: Readonly<Record<string, string>>,
    logFile: string,
  ) {
    this.role = role;
    this.name = name;
    this.port = port;
    this.#env = env;
    this.#logFile = logFile;
  }

  /** @param directory gets the process's log. */
  static async create(role: string, name: string, env: Readonly<Record<string, string>>, directory: string) {
    mkdirSync(directory, { recursive: true });
    const port = await freePort(undefined, promised);
    promised.push(port);
    return new RoleProcess(role, name, port, env, join(directory, `${name}.log`));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const log = createWriteStream(this.#logFile, { flags: 'a' });
    const child = spawn(process.execPath, [join(root, 'apps', this.role, 'main.ts')], {
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        ...this.#env,
        PORT: String(this.port),
        HOST: '127.0.0.1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // A test run that is cut short leaves no role behind.
    const end = () => child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    // Each of the two ends by itself; the file ends after both.
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    child.once('close', () => log.end());
    this.#child = child;
  }

  /** Resolves when /readyz answers 200. @throws after the time, with what it answered last. */
  async ready(timeoutMs = 180_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    let last = 'nothing';
    while (Date.now() < deadline) {
      try {
        const response = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2000) });
        if (response.ok) return;
        last = await response.text();
      } catch (error) {
        last = String(error);
      }
      await delay(100);
    }
    throw new Error(`${this.name} is not ready after ${timeoutMs} ms: ${last}; see ${this.#logFile}`);
  }

  async kill9(): Promise<void> {
    await this.#signal('SIGKILL');
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  continue(): void {
    this.#child?.kill('SIGCONT');
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async stop(): Promise<void> {
    const force = setTimeout(() => this.#child?.kill('SIGKILL'), 20_000);
    await this.#signal('SIGTERM');
    clearTimeout(force);
  }

  /** SIGTERM, and with which code it ends. */
  async terminate(): Promise<number | null> {
    await this.#signal('SIGTERM');
    return this.#child?.exitCode ?? null;
  }

  async #signal(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || !this.isRunning) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}
