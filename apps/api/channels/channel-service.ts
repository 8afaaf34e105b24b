import type { ChannelKind } from '@tailrace/channels/channel.ts';
import type { AddressPolicy } from '@tailrace/channels/outgoing/address-policy.ts';
import type { ChannelKinds } from '@tailrace/channels/registry.ts';
import { invalidField, Problem } from '@tailrace/http/problem.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { NotificationChannel } from '@tailrace/schemas/generated/notification-channel.ts';
import type { ChangeRequest } from '../resources/change-request.ts';
import type { GivenConfig } from '../resources/config-kind.ts';
import type { ProjectResources } from '../resources/project-resources.ts';
import type { ProjectTable } from '../resources/project-table.ts';
import type { SecretKeeper } from '../resources/secret-config.ts';
import { acceptChannel } from './channel-config.ts';

export interface ChannelServiceOptions {
  readonly channels: ProjectResources<NotificationChannel>;
  readonly kinds: ChannelKinds;
  readonly secrets: SecretKeeper;
  readonly policy: AddressPolicy;
  /** What keeps a channel from being deleted. */
  readonly rules: ProjectTable<AlertRule>;
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

  create({ projectId, name, type, config }: NewChannel): Promise<NotificationChannel> {
    const { channels, secrets, policy } = this.#options;
    return channels.create(projectId, async (beginning) => {
      const kind = this.#kindOf(type);
      this.#requireFreeName(projectId, name);
      const stored = await secrets.store(beginning.id, acceptChannel(kind, config, {}, policy));
      return { ...beginning, name, channel_type: type, ...stored };
    });
  }

  /** One channel of the caller's projects. */
  get(request: ChangeRequest): NotificationChannel {
    return this.#options.channels.get(request);
  }

  list(projectId: string): readonly NotificationChannel[] {
    return this.#options.channels.list(projectId);
  }

  /** Replaces the name, the configuration, or both. A secret left out keeps the stored one; `null` removes it. */
  async edit(request: ChangeRequest, { name, config }: ChannelEdit): Promise<NotificationChannel> {
    if (name !== undefined) this.#requireFreeName(this.get(request).project_id, name, request.id);
    return this.#options.channels.change(request, async (current) => {
      const stored = config === undefined ? undefined : await this.#replaceConfig(current, config);
      return { ...current, name: name ?? current.name, ...stored };
    });
  }

  /** @throws Problem 409 while rules name it, which would then notify nobody. */
  delete(request: ChangeRequest): Promise<void> {
    return this.#options.channels.delete(request, ({ id, project_id: projectId }) => {
      const rules = this.#options.rules.ofProject(projectId).filter((rule) => rule.notification_channels.includes(id));
      const names = rules.map(({ name }) => name).join(', ');
      if (names !== '') throw new Problem(409, { detail: `These rules notify it: ${names}.` });
    });
  }

  /** The secret fields of a channel's kind; undefined when this installation no longer has it. */
  secretFieldsOf({ channel_type: type }: NotificationChannel): readonly string[] | undefined {
    return this.#options.kinds.get(type)?.secretFields;
  }

  #replaceConfig(current: NotificationChannel, config: GivenConfig) {
    const kind = this.#kindOf(current.channel_type);
    return this.#options.secrets.replace(current, kind, config, (stored, moved) =>
      acceptChannel(kind, config, stored, this.#options.policy, moved),
    );
  }

  /** Names are how rules in files speak of channels. Two processes at the same moment may both pass. */
  #requireFreeName(projectId: string, name: string, except?: string): void {
    const taken = this.list(projectId).some((each) => each.name === name && each.id !== except);
    if (taken || name === 'in_app') throw invalidField('body.channel_name', 'is the name of another channel');
  }

  #kindOf(type: string): ChannelKind {
    const kind = this.#options.kinds.get(type);
    if (kind !== undefined) return kind;
    const known = [...this.#options.kinds.keys()].join(', ');
    throw invalidField('body.channel_type', `is no type of channel of this installation; known are ${known}`);
  }
}
