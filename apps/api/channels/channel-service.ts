import { randomBytes } from 'node:crypto';
import type { ChannelKind } from '@tailrace/channels/channel.ts';
import type { AddressPolicy } from '@tailrace/channels/outgoing/address-policy.ts';
import type { ChannelKinds } from '@tailrace/channels/registry.ts';
import type { KeyRing } from '@tailrace/credentials/key-ring.ts';
import {
  type Credentials,
  CredentialsError,
  openCredentials,
  sealCredentials,
  sealedFields,
} from '@tailrace/credentials/sealed-credentials.ts';
import { invalidField, Problem } from '@tailrace/http/problem.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { NotificationChannel } from '@tailrace/schemas/generated/notification-channel.ts';
import { type ChangeRequest, existing, visible } from '../change-request.ts';
import { requireMatch } from '../entity-tag.ts';
import type { ProjectTable } from '../project-table.ts';
import type { TableWriter } from '../table-writer.ts';
import { acceptChannel, type GivenConfig } from './channel-config.ts';

export interface ChannelServiceOptions {
  readonly channels: ProjectTable<NotificationChannel>;
  readonly writer: TableWriter<NotificationChannel>;
  readonly kinds: ChannelKinds;
  readonly keys: KeyRing;
  readonly policy: AddressPolicy;
  /** What keeps a channel from being deleted. */
  readonly rules: ProjectTable<AlertRule>;
  readonly maxPerProject: number;
}

export interface NewChannel {
  readonly projectId: string;
  readonly name: string;
  readonly type: string;
  readonly config: GivenConfig;
}

export interface ChannelEdit {
  readonly name?: string | undefined;
  readonly config?: GivenConfig | undefined;
}

/** What can be done with channels. Every method throws Problem: 404 unknown, 412 changed meanwhile, 422 bad config. */
export class ChannelService {
  readonly #options: ChannelServiceOptions;

  constructor(options: ChannelServiceOptions) {
    this.#options = options;
  }

  async create({ projectId, name, type, config }: NewChannel): Promise<NotificationChannel> {
    const { channels, writer, maxPerProject, policy } = this.#options;
    if (channels.ofProject(projectId).length >= maxPerProject) {
      throw new Problem(422, { detail: `The project has ${maxPerProject} channels, the most a project may have.` });
    }
    const kind = this.#kindOf(type);
    this.#requireFreeName(projectId, name);
    const id = `chan_${randomBytes(12).toString('hex')}`;
    const accepted = acceptChannel(kind, config, {}, policy);
    const now = nowMicros();
    const channel: NotificationChannel = {
      id,
      project_id: projectId,
      name,
      channel_type: type,
      config: JSON.stringify(accepted.settings),
      sealed_credentials: await this.#seal(id, accepted.secrets),
      version: 1,
      created_at: now,
      updated_at: now,
    };
    return existing(await writer.change(id, () => channel));
  }

  /** One channel of the caller's projects. */
  get({ id, projects }: ChangeRequest): NotificationChannel {
    return visible(this.#options.channels.table.get(id), projects);
  }

  list(projectId: string): readonly NotificationChannel[] {
    return this.#options.channels.ofProject(projectId);
  }

  /** Replaces the name, the configuration, or both. A secret left out keeps the stored one; `null` removes it. */
  async edit(request: ChangeRequest, { name, config }: ChannelEdit): Promise<NotificationChannel> {
    const { id, projects, ifMatch } = request;
    const { project_id: projectId } = this.get(request);
    if (name !== undefined) this.#requireFreeName(projectId, name, id);
    return existing(
      await this.#options.writer.change(id, async (newest) => {
        const current = visible(newest, projects);
        requireMatch(ifMatch, current.version);
        const changed = { ...current, name: name ?? current.name };
        const next = config === undefined ? changed : { ...changed, ...(await this.#withConfig(current, config)) };
        return isSame(current, next) ? current : { ...next, version: current.version + 1, updated_at: nowMicros() };
      }),
    );
  }

  /** @throws Problem 409 while rules name it, which would tell nobody any more. */
  async delete({ id, projects, ifMatch }: ChangeRequest): Promise<void> {
    const { project_id: projectId } = this.get({ id, projects });
    await this.#options.writer.change(id, (current) => {
      requireMatch(ifMatch, visible(current, projects).version);
      const rules = this.#options.rules.ofProject(projectId).filter((rule) => rule.notification_channels.includes(id));
      const names = rules.map(({ name }) => name).join(', ');
      if (names !== '') throw new Problem(409, { detail: `These rules notify it: ${names}.` });
      return undefined;
    });
  }

  async #withConfig(
    current: NotificationChannel,
    config: GivenConfig,
  ): Promise<Pick<NotificationChannel, 'config' | 'sealed_credentials'>> {
    const kind = this.#kindOf(current.channel_type);
    const needed = storedFields(current, kind).some((field) => !(field in config));
    const stored = needed ? await this.#open(current) : {};
    const accepted = acceptChannel(kind, config, stored, this.#options.policy);
    const givesSecret = kind.secretFields.some((field) => field in config);
    return {
      config: JSON.stringify(accepted.settings),
      sealed_credentials: givesSecret ? await this.#seal(current.id, accepted.secrets) : current.sealed_credentials,
    };
  }

  /** Names are how rules in files speak of channels. Two processes at the same moment may both pass. */
  #requireFreeName(projectId: string, name: string, except?: string): void {
    const taken = this.list(projectId).some((each) => each.name === name && each.id !== except);
    if (taken || name === 'in_app') throw invalidField('body.channel_name', 'is the name of another channel');
  }

  #seal(id: string, secrets: Credentials): Promise<string> | null {
    return Object.keys(secrets).length === 0 ? null : sealCredentials(this.#options.keys, id, secrets);
  }

  async #open({ id, sealed_credentials: sealed }: NotificationChannel): Promise<Credentials> {
    if (sealed === null) return {};
    try {
      return await openCredentials(this.#options.keys, id, sealed);
    } catch (error) {
      if (!(error instanceof CredentialsError)) throw error;
      throw new Problem(409, { code: error.code, detail: `${error.message}. ${error.help}`, cause: error });
    }
  }

  #kindOf(type: string): ChannelKind {
    const kind = this.#options.kinds.get(type);
    if (kind !== undefined) return kind;
    const known = [...this.#options.kinds.keys()].join(', ');
    throw invalidField('body.channel_type', `is no type of channel of this installation; known are ${known}`);
  }
}

/** Names of the stored secrets; any secret field may be among those that cannot be read. */
function storedFields({ sealed_credentials: sealed }: NotificationChannel, kind: ChannelKind): readonly string[] {
  if (sealed === null) return [];
  try {
    return sealedFields(sealed);
  } catch {
    return kind.secretFields;
  }
}

function isSame(one: NotificationChannel, other: NotificationChannel): boolean {
  return one.name === other.name && one.config === other.config && one.sealed_credentials === other.sealed_credentials;
}

function nowMicros(): number {
  return Date.now() * 1000;
}
