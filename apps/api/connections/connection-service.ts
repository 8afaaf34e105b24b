import { Problem } from '@tailrace/http/problem.ts';
import type { Connector } from '@tailrace/ingestion/contract/configure.ts';
import { idPrefixes } from '@tailrace/log-record/id-prefixes.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { DesiredState } from '@tailrace/schemas/generated/desired-state.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import type { ChangeRequest } from '../resources/change-request.ts';
import type { GivenConfig } from '../resources/config-kind.ts';
import { type ProjectResources, randomId } from '../resources/project-resources.ts';
import type { SecretKeeper } from '../resources/secret-config.ts';
import { type AcceptedConfig, acceptConfig, type ConnectionPolicy } from './connection-config.ts';
import { settingsOf } from './connection-view.ts';
import { nextParsing } from './parsing-rules.ts';

export interface ConnectionServiceOptions {
  readonly connections: ProjectResources<Connection>;
  readonly connectors: ReadonlyMap<Provider, Connector>;
  readonly secrets: SecretKeeper;
  readonly policy: ConnectionPolicy;
}

export interface NewConnection {
  readonly projectId: string;
  readonly name: string;
  readonly provider: Provider;
  readonly config: GivenConfig;
  /** Rules by which its lines are read first; as they are given, unchecked. */
  readonly parsingRules?: readonly unknown[] | undefined;
}

export interface ConnectionEdit {
  readonly name?: string | undefined;
  readonly config?: GivenConfig | undefined;
  readonly parsingRules?: readonly unknown[] | undefined;
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
  create({ projectId, name, provider, config, parsingRules }: NewConnection): Promise<Connection> {
    const { connections, secrets, policy } = this.#options;
    return connections.create(projectId, async (beginning) => {
      const accepted = acceptConfig(this.#connectorOf(provider), config, {}, policy);
      const stored = await secrets.store(beginning.id, accepted);
      const parsing = nextParsing(null, parsingRules, Date.now() * 1000);
      return { ...beginning, name, provider, ...stored, desired_state: 'stopped', rewind: null, parsing };
    });
  }

  /** One connection of the caller's projects. */
  get(request: ChangeRequest): Connection {
    return this.#options.connections.get(request);
  }

  list(projectId: string): readonly Connection[] {
    return this.#options.connections.list(projectId);
  }

  /** Replaces the name, the configuration, the parsing rules, or several. A secret left out keeps the stored one; `null` removes it. */
  edit(request: ChangeRequest, { name, config, parsingRules }: ConnectionEdit): Promise<Connection> {
    return this.#options.connections.change(request, async (current) => {
      const stored = config === undefined ? undefined : await this.#replaceConfig(current, config);
      const parsing = nextParsing(current.parsing, parsingRules, Date.now() * 1000);
      return { ...current, name: name ?? current.name, ...stored, parsing };
    });
  }

  setState(request: ChangeRequest, state: DesiredState): Promise<Connection> {
    return this.#options.connections.change(request, (current) => ({ ...current, desired_state: state }));
  }

  /**
   * Has the source read again, in the place of a rewind that has not finished.
   * @throws Problem 409 for a connection that is not running.
   */
  rewind(request: ChangeRequest, { to, reason }: RewindRequest): Promise<Connection> {
    const id = randomId(idPrefixes.rewind);
    return this.#options.connections.change(request, (current) => {
      if (current.desired_state !== 'running') {
        throw new Problem(409, { detail: `The connection is ${current.desired_state}. Start it first.` });
      }
      return { ...current, rewind: { id, to, requested_at: Date.now() * 1000, reason } };
    });
  }

  delete(request: ChangeRequest): Promise<void> {
    return this.#options.connections.delete(request);
  }

  /** The stored configuration with its secrets, as its connector takes it. For `test` alone. */
  async configured(connection: Connection): Promise<AcceptedConfig> {
    const connector = this.#connectorOf(connection.provider);
    const stored = await this.#options.secrets.open(connection, connector);
    return acceptConfig(connector, settingsOf(connection), stored, this.#options.policy);
  }

  #replaceConfig(current: Connection, config: GivenConfig) {
    const connector = this.#connectorOf(current.provider);
    return this.#options.secrets.replace(current, connector, config, (stored, moved) =>
      acceptConfig(connector, config, stored, this.#options.policy, moved),
    );
  }

  #connectorOf(provider: Provider): Connector {
    const connector = this.#options.connectors.get(provider);
    if (connector === undefined)
      throw new Problem(422, { detail: `This installation has no connector for ${provider}.` });
    return connector;
  }
}
