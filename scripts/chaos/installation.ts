import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Secret } from '@tailrace/config/secret.ts';
import { type ProjectRole, signToken } from '@tailrace/http/access/tokens.ts';
import { recordId } from '@tailrace/log-record/record-id.ts';
import pg from 'pg';
import type { Simulator } from '../../apps/cloud-simulator/simulator.ts';
import { startSimulator } from '../../apps/cloud-simulator/start.ts';
import type { LedgerEntry } from '../../apps/cloud-simulator/store/ledger.ts';
import type { DevKafka, DevPostgres } from '../dev-stack/dev-server.ts';
import { type DevStack, startDevStack } from '../dev-stack/dev-stack.ts';
import { RoleProcess } from './role-process.ts';
import { shareTestServers } from './shared-servers.ts';

export const project = 'chaos';
const roles = ['api', 'ingest', 'normaliser', 'sink', 'fanout'] as const;
/** Roles that a test adds where it needs them. */
export type RoleName = (typeof roles)[number] | 'alerting' | 'notifier' | 'replayer';

/**
 * A whole Tailrace as an operator would run it: real broker, real database, each role a process of its own, and the
 * simulated clouds in this process, whose ledger is the truth.
 */
export class Installation {
  readonly simulator: Simulator;
  readonly kafka: DevKafka;
  readonly postgres: DevPostgres;
  readonly directory: string;
  readonly processes: RoleProcess[] = [];
  /** Connection id by cloud. */
  readonly connections = new Map<LedgerEntry['cloud'], string>();
  readonly #env: Record<string, string>;
  readonly #jwtSecret: string;
  readonly #stopStack: () => Promise<void>;

  private constructor(
    simulator: Simulator,
    stack: DevStack,
    directory: string,
    settings: Readonly<Record<string, string>>,
  ) {
    this.simulator = simulator;
    this.kafka = stack.kafka;
    this.postgres = stack.postgres;
    this.directory = directory;
    this.#stopStack = () => stack.stop();
    this.#jwtSecret = randomBytes(32).toString('hex');
    const { aws, azure, gcp, certificate } = simulator;
    const hosts = [aws.endpoint, azure.endpoint, `http://${gcp.endpoint}`].map((url) => new URL(url).host);
    this.#env = {
      KAFKA_BROKERS: stack.kafka.brokers,
      DATABASE_URL: stack.postgres.databaseUrl,
      JWT_SECRET: this.#jwtSecret,
      CREDENTIAL_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
      CLOUD_ENDPOINT_ALLOWLIST: hosts.join(','),
      LOG_LEVEL: process.env.CHAOS_LOG_LEVEL ?? 'info',
      ...(certificate.caFile !== undefined && { NODE_EXTRA_CA_CERTS: certificate.caFile }),
      ...settings,
    };
  }

  /**
   * Starts everything, with one connection to each cloud, and resolves when all roles are ready.
   * @param settings more of every role's environment
   * @param servers `shared`: those of the whole test run, in a part of its own; for tests that stop neither
   */
  static async start(
    settings: Readonly<Record<string, string>> = {},
    servers: 'own' | 'shared' = 'own',
  ): Promise<Installation> {
    const directory = mkdtempSync(join(tmpdir(), 'chaos-'));
    const [simulator, stack] = await Promise.all([
      startSimulator({ seed: 'chaos', dataDirectory: join(directory, 'simulator') }),
      servers === 'shared'
        ? shareTestServers()
        : startDevStack({ directory, environment: {}, report: () => undefined, customaryPorts: false }),
    ]);
    const topicPrefix = servers === 'shared' ? `${randomBytes(4).toString('hex')}-` : '';
    const installation = new Installation(simulator, stack, directory, { ...settings, TOPIC_PREFIX: topicPrefix });
    try {
      for (const role of roles) await installation.add(role);
      await Promise.all(installation.processes.map((each) => each.ready(180_000)));
      await installation.#connectClouds();
    } catch (error) {
      await installation.stop();
      throw error;
    }
    return installation;
  }

  /** Starts one more process of a role. */
  async add(role: RoleName): Promise<RoleProcess> {
    const count = this.of(role).length;
    const created = await RoleProcess.create(role, `${role}-${count + 1}`, this.#env, join(this.directory, 'logs'));
    this.processes.push(created);
    created.start();
    return created;
  }

  of(role: RoleName): RoleProcess[] {
    return this.processes.filter((each) => each.role === role);
  }

  token(role: ProjectRole = 'admin', { subject = 'chaos', expiresInSeconds = 3600 } = {}): Promise<string> {
    return this.tokenOf({ subject, project, role }, expiresInSeconds);
  }

  /** A token of anybody, for any project. */
  tokenOf(
    holder: { readonly subject: string; readonly project: string; readonly role: ProjectRole },
    expiresInSeconds = 3600,
  ): Promise<string> {
    const { subject, role } = holder;
    const claims = { subject, projects: [holder.project], role };
    return signToken(new Secret(this.#jwtSecret), claims, { expiresInSeconds });
  }

  async api(method: string, path: string, body?: unknown): Promise<unknown> {
    const [{ url }] = this.of('api') as [RoleProcess];
    const response = await fetch(`${url}/api/v1/live-logs/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.token()}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** The ids of the records that the ledger's events must have become. */
  expectedIds(): Set<string> {
    return new Set(
      this.simulator.ledger
        .entries()
        .map(({ cloud, identity }) => recordId(this.connections.get(cloud) ?? '', identity)),
    );
  }

  /** Ids in the database, each as often as it is there, in one snapshot. @throws while the database is unreachable. */
  async storedIds(): Promise<string[]> {
    const client = new pg.Client({ connectionString: this.postgres.databaseUrl, connectionTimeoutMillis: 5000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const { rows } = await client.query<{ id: string }>(`select replace(id::text, '-', '') as id from logs`);
      return rows.map(({ id }) => id);
    } finally {
      await client.end();
    }
  }

  /** Resolves when everything that was emitted is in the database. */
  async storedAll(timeoutMs = 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const [stored, expected] = [new Set(await this.storedIds()).size, this.expectedIds().size];
      if (stored === expected) return;
      if (Date.now() > deadline) throw new Error(`${stored} of ${expected} lines are stored after ${timeoutMs} ms`);
      await delay(200);
    }
  }

  async stop(): Promise<void> {
    for (const each of this.processes) each.continue();
    await Promise.all(this.processes.map((each) => each.stop()));
    await Promise.all([this.#stopStack(), this.simulator.stop()]);
    if (process.env.CHAOS_KEEP_LOGS === undefined) rmSync(this.directory, { recursive: true, force: true });
  }

  async #connectClouds(): Promise<void> {
    const { aws, azure, gcp } = this.simulator;
    const configs: Record<LedgerEntry['cloud'], object> = {
      aws: {
        access_key_id: aws.keys.active.accessKeyId,
        secret_access_key: aws.keys.active.secretAccessKey,
        region: aws.region,
        log_group: '/ecs/checkout',
        endpoint: aws.endpoint,
      },
      azure: {
        workspace_id: azure.workspaceId,
        tenant_id: azure.tenantId,
        client_id: azure.clients.active.clientId,
        client_secret: azure.clients.active.clientSecret,
        query: 'AppTraces',
        endpoint: azure.endpoint,
        authority_host: azure.authorityHost,
        poll_interval_ms: 1000,
      },
      gcp: {
        project_id: gcp.projectId,
        log_name: 'stdout',
        credentials_json: gcp.serviceAccounts.active,
        endpoint: `http://${gcp.endpoint}`,
        poll_interval_ms: 5000,
      },
    };
    for (const cloud of ['aws', 'azure', 'gcp'] as const) {
      const created = (await this.api('POST', 'connections', {
        project_id: project,
        connection_name: cloud,
        cloud_provider: cloud,
        connection_config: configs[cloud],
      })) as { id: string };
      this.connections.set(cloud, created.id);
      await this.api('POST', `connections/${created.id}/test`);
      await this.api('POST', `connections/${created.id}/start`);
    }
  }
}
