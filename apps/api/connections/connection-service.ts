import { randomBytes } from 'node:crypto';
import type { Connector } from '@tailrace/connector/configure.ts';
import type { KeyRing } from '@tailrace/credentials/key-ring.ts';
import {
  type Credentials,
  CredentialsError,
  openCredentials,
  sealCredentials,
  sealedFields,
} from '@tailrace/credentials/sealed-credentials.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { DesiredState } from '@tailrace/schemas/generated/desired-state.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import { type ChangeRequest, existing, visible } from '../change-request.ts';
import { requireMatch } from '../entity-tag.ts';
import type { ProjectTable } from '../project-table.ts';
import type { TableWriter } from '../table-writer.ts';
import { type AcceptedConfig, acceptConfig, type ConnectionPolicy, type GivenConfig } from './connection-config.ts';
import { settingsOf } from './connection-view.ts';

export interface ConnectionServiceOptions {
  readonly connections: ProjectTable<Connection>;
  readonly writer: TableWriter<Connection>;
  readonly connectors: ReadonlyMap<Provider, Connector>;
  readonly keys: KeyRing;
  readonly policy: ConnectionPolicy;
  readonly maxPerProject: number;
}

export interface NewConnection {
  readonly projectId: string;
  readonly name: string;
  readonly provider: Provider;
  readonly config: GivenConfig;
}

export interface ConnectionEdit {
  readonly name?: string | undefined;
  readonly config?: GivenConfig | undefined;
}

export interface RewindRequest {
  /** Event time from which on the source is read again, microseconds. */
  readonly to: number;
  readonly reason: string | null;
}

/** What can be done with connections. Every method throws Problem: 404 unknown, 412 changed meanwhile, 422 bad config. */
export class ConnectionService {
  readonly #options: ConnectionServiceOptions;

  constructor(options: ConnectionServiceOptions) {
    this.#options = options;
  }

  /** Starts out stopped. */
  async create({ projectId, name, provider, config }: NewConnection): Promise<Connection> {
    const { connections, writer, maxPerProject, policy } = this.#options;
    if (connections.ofProject(projectId).length >= maxPerProject) {
      throw new Problem(422, { detail: `The project has ${maxPerProject} connections, the most a project may have.` });
    }
    const id = `conn_${randomBytes(12).toString('hex')}`;
    const accepted = acceptConfig(this.#connectorOf(provider), config, {}, policy);
    const now = nowMicros();
    const connection: Connection = {
      id,
      project_id: projectId,
      name,
      provider,
      config: JSON.stringify(accepted.settings),
      sealed_credentials: await this.#seal(id, accepted.secrets),
      desired_state: 'stopped',
      version: 1,
      created_at: now,
      updated_at: now,
      rewind: null,
    };
    return existing(await writer.change(id, () => connection));
  }

  /** One connection of the caller's projects. */
  get({ id, projects }: ChangeRequest): Connection {
    return visible(this.#options.connections.table.get(id), projects);
  }

  list(projectId: string): readonly Connection[] {
    return this.#options.connections.ofProject(projectId);
  }

  /** Replaces the name, the configuration, or both. A secret left out keeps the stored one; `null` removes it. */
  edit(request: ChangeRequest, { name, config }: ConnectionEdit): Promise<Connection> {
    return this.#change(request, async (current) => {
      const next = { ...current, name: name ?? current.name, ...(config && (await this.#withConfig(current, config))) };
      return isSame(current, next) ? current : { ...next, version: current.version + 1, updated_at: nowMicros() };
    });
  }

  setState(request: ChangeRequest, state: DesiredState): Promise<Connection> {
    return this.#change(request, (current) =>
      current.desired_state === state
        ? current
        : { ...current, desired_state: state, version: current.version + 1, updated_at: nowMicros() },
    );
  }

  /**
   * Has the source read again, in the place of a rewind that has not finished.
   * @throws Problem 409 for a connection that is not running.
   */
  rewind(request: ChangeRequest, { to, reason }: RewindRequest): Promise<Connection> {
    const id = `rwd_${randomBytes(12).toString('hex')}`;
    return this.#change(request, (current) => {
      if (current.desired_state !== 'running') {
        throw new Problem(409, { detail: `The connection is ${current.desired_state}. Start it first.` });
      }
      const now = nowMicros();
      const rewind = { id, to, requested_at: now, reason };
      return { ...current, rewind, version: current.version + 1, updated_at: now };
    });
  }

  async delete({ id, projects, ifMatch }: ChangeRequest): Promise<void> {
    this.get({ id, projects });
    await this.#options.writer.change(id, (current) => {
      requireMatch(ifMatch, visible(current, projects).version);
      return undefined;
    });
  }

  /** The stored configuration with its secrets, as its connector takes it. For `test` alone. */
  async configured(connection: Connection): Promise<AcceptedConfig> {
    const connector = this.#connectorOf(connection.provider);
    const stored = await this.#open(connection);
    return acceptConfig(connector, settingsOf(connection), stored, this.#options.policy);
  }

  async #change(
    { id, projects, ifMatch }: ChangeRequest,
    next: (current: Connection) => Connection | Promise<Connection>,
  ): Promise<Connection> {
    this.get({ id, projects });
    return existing(
      await this.#options.writer.change(id, (newest) => {
        const current = visible(newest, projects);
        requireMatch(ifMatch, current.version);
        return next(current);
      }),
    );
  }

  async #withConfig(
    current: Connection,
    config: GivenConfig,
  ): Promise<Pick<Connection, 'config' | 'sealed_credentials'>> {
    const connector = this.#connectorOf(current.provider);
    const needed = storedFields(current, connector).some((field) => !(field in config));
    const stored = needed ? await this.#open(current) : {};
    const accepted = acceptConfig(connector, config, stored, this.#options.policy);
    const givesSecret = connector.secretFields.some((field) => field in config);
    return {
      config: JSON.stringify(accepted.settings),
      sealed_credentials: givesSecret ? await this.#seal(current.id, accepted.secrets) : current.sealed_credentials,
    };
  }

  #seal(id: string, secrets: Credentials): Promise<string> | null {
    return Object.keys(secrets).length === 0 ? null : sealCredentials(this.#options.keys, id, secrets);
  }

  async #open({ id, sealed_credentials: sealed }: Connection): Promise<Credentials> {
    if (sealed === null) return {};
    try {
      return await openCredentials(this.#options.keys, id, sealed);
    } catch (error) {
      if (!(error instanceof CredentialsError)) throw error;
      throw new Problem(409, { code: error.code, detail: `${error.message}. ${error.help}`, cause: error });
    }
  }

  #connectorOf(provider: Provider): Connector {
    const connector = this.#options.connectors.get(provider);
    if (connector === undefined)
      throw new Problem(422, { detail: `This installation has no connector for ${provider}.` });
    return connector;
  }
}

/** Names of the stored secrets; any secret field may be among those that cannot be read. */
function storedFields({ sealed_credentials: sealed }: Connection, connector: Connector): readonly string[] {
  if (sealed === null) return [];
  try {
    return sealedFields(sealed);
  } catch {
    return connector.secretFields;
  }
}

function isSame(one: Connection, other: Connection): boolean {
  return one.name === other.name && one.config === other.config && one.sealed_credentials === other.sealed_credentials;
}

function nowMicros(): number {
  return Date.now() * 1000;
}
