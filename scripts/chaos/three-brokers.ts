import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type KafkaCluster, startKafkaCluster } from '../../libs/kafka/conformance/kafka-cluster.ts';
import type { Unavailable } from '../dev-stack/choose-server.ts';
import type { DevPostgres } from '../dev-stack/dev-server.ts';
import { startLocalKafka } from '../dev-stack/kafka/local-kafka.ts';
import { startLocalPostgres } from '../dev-stack/postgres/local-postgres.ts';
import { RoleProcess } from './role-process.ts';

const root = join(import.meta.dirname, '..', '..');
const roles = ['api', 'ingest', 'normaliser', 'sink', 'fanout', 'alerting', 'notifier', 'replayer'] as const;

/** What a role's process says of itself. */
export interface Said {
  readonly name: string;
  readonly ready: boolean;
  /** The reasons, or that nobody answers. */
  readonly detail: string;
}

/** Three brokers, a PostgreSQL, and every role as a process of its own, all on this machine so that each can be stopped. */
export class ThreeBrokers {
  readonly cluster: KafkaCluster;
  readonly postgres: DevPostgres;
  readonly processes: RoleProcess[] = [];
  readonly #directory: string;
  readonly #env: Record<string, string>;

  private constructor(cluster: KafkaCluster, postgres: DevPostgres, directory: string) {
    this.cluster = cluster;
    this.postgres = postgres;
    this.#directory = directory;
    this.#env = {
      KAFKA_BROKERS: cluster.brokers.join(','),
      KAFKA_REPLICATION_FACTOR: '3',
      DATABASE_URL: postgres.databaseUrl,
      JWT_SECRET: randomBytes(32).toString('hex'),
      CREDENTIAL_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    };
  }

  static async start(): Promise<ThreeBrokers> {
    const directory = mkdtempSync(join(tmpdir(), 'three-brokers-'));
    const environment = { ...process.env, KAFKA_BROKERS: undefined, DATABASE_URL: undefined };
    const [cluster, postgres] = await Promise.all([
      startKafkaCluster((options) => available(startLocalKafka(options))),
      available(startLocalPostgres({ directory: join(directory, 'postgres'), environment, report: () => undefined })),
    ]);
    const started = new ThreeBrokers(cluster, postgres, directory);
    try {
      for (const role of roles) await started.add(role);
      await Promise.all(started.processes.map((each) => each.ready(400_000)));
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  /** Starts one more process of a role. */
  async add(role: (typeof roles)[number]): Promise<RoleProcess> {
    const count = this.processes.filter((each) => each.role === role).length;
    const logs = join(this.#directory, 'logs');
    const added = await RoleProcess.create(role, `${role}-${count + 1}`, this.#env, logs);
    this.processes.push(added);
    added.start();
    return added;
  }

  /** What each process says now. */
  async said(): Promise<readonly Said[]> {
    return Promise.all(
      this.processes.map(async ({ name, url }) => {
        try {
          const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5000) });
          const body = (await response.json()) as { detail?: string };
          return { name, ready: response.ok, detail: body.detail ?? '' };
        } catch (error) {
          return { name, ready: false, detail: String(error) };
        }
      }),
    );
  }

  /** What `tailrace doctor` prints. */
  async doctor(): Promise<string> {
    const [server, ...others] = this.processes.map(({ url }) => url);
    const args = [join(root, 'apps/cli/main.ts'), 'doctor', ...others.flatMap((url) => ['--process', url])];
    const env = { ...process.env, ...this.#env, TAILRACE_URL: server, NO_COLOR: '1' };
    return promisify(execFile)(process.execPath, args, { env }).then(
      ({ stdout }) => stdout,
      (error: { stdout?: string }) => error.stdout ?? String(error),
    );
  }

  /** Stops or continues brokers (SIGSTOP, SIGCONT), by their number from 1. */
  signalBrokers(brokers: readonly number[], signal: 'SIGSTOP' | 'SIGCONT'): void {
    for (const broker of brokers) process.kill(pidIn(join(this.cluster.directory, String(broker))), signal);
  }

  /** Stops or continues PostgreSQL with every process that serves a connection. */
  signalPostgres(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const postmaster = pidIn(join(this.#directory, 'postgres'));
    for (const pid of [postmaster, ...childrenOf(postmaster)]) process.kill(pid, signal);
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((each) => each.kill9()));
    await Promise.all([this.cluster.stop(), this.postgres.stop()]);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function available<Server extends object>(
  starting: Promise<Server | Unavailable>,
): Promise<Exclude<Server, Unavailable>> {
  const server = await starting;
  if ('unavailable' in server) throw new Error(`this test needs a server of its own: ${server.unavailable}`);
  return server as Exclude<Server, Unavailable>;
}

function pidIn(directory: string): number {
  return (JSON.parse(readFileSync(join(directory, 'server.json'), 'utf8')) as { pid: number }).pid;
}

/** By /proc, as each process that serves a connection leads a session of its own. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const [, ppid] = /\) \S (\d+) /.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
        return Number(ppid) === parent ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
}
