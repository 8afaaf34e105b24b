import { type FieldUses, type SecretRules, secretRules } from '@tailrace/credentials/field-uses.ts';
import { type output, type ZodObject, z } from 'zod';
import { ChannelError } from './channel-error.ts';
import type { Message } from './message.ts';
import type { Outgoing } from './outgoing/outgoing.ts';

/** A kind of channel: what it asks for, what of that is secret, and how it sends. One file or folder a kind. */
export interface ChannelDefinition<Schema extends ZodObject = ZodObject> {
  /** `channel_type`, in small letters. */
  readonly type: string;
  /** Of `channel_config`. Strict: an unknown field might be a misspelt secret. */
  readonly configSchema: Schema;
  /** Which fields are sealed and never come back, and which decide where those go. */
  readonly fields: FieldUses<Schema>;
  /**
   * Secrets that a configuration sends nowhere, where the kind has alternatives: of the other mail providers, for example.
   * When their address changes they are forgotten; any other one has to be given again. Left out: none.
   */
  unusedSecrets?(settings: Readonly<Record<string, unknown>>): readonly string[];
  /** Alerts that one message may carry, where each costs a request of its own. Left out: as many as wait. */
  readonly largestGroup?: number;
  /** What it will call that its owner has chosen: refused unless public or allowed by the operator. */
  endpoints(config: output<Schema>): readonly Endpoint[];
  /** Calls nobody. */
  open(config: output<Schema>, deps: ChannelDeps): Channel;
}

/** An address of the configuration. */
export interface Endpoint {
  readonly field: string;
  /** An URL, `smtp://host:port` for mail servers; a scheme in clear is only for hosts the operator allows. */
  readonly url: string;
}

export interface ChannelDeps {
  /** The only way out: it checks every address. */
  readonly outgoing: Outgoing;
}

export interface Channel {
  /**
   * Sends one message and resolves when the other side has taken it. An abort ends it at once; whether the message
   * arrived is unknown then.
   * @throws ChannelError that says what to do about it; anything else is a defect and is retried like `unreachable`.
   */
  send(message: Message, options: { readonly signal: AbortSignal }): Promise<SendOutcome>;
}

export interface SendOutcome {
  /** What the other side said, for the delivery log: `200 ok`. Never a secret. */
  readonly answer: string;
}

/** A kind of channel whose configuration's type is its own business: what roles hold a list of. */
export interface ChannelKind extends Omit<SecretRules, 'addressFields'> {
  readonly type: string;
  readonly configSchema: ZodObject;
  /** See `ChannelDefinition.unusedSecrets`. */
  unusedSecrets(settings: Readonly<Record<string, unknown>>): readonly string[];
  readonly largestGroup: number | undefined;
  /**
   * Accepts a channel's configuration, secrets included. Calls nobody.
   * @throws ChannelError `channel_refused` that names every bad field and no value.
   */
  configure(config: Readonly<Record<string, unknown>>): ConfiguredChannel;
}

/** A channel with an accepted configuration. */
export interface ConfiguredChannel {
  readonly endpoints: readonly Endpoint[];
  open(deps: ChannelDeps): Channel;
}

/** Makes a definition usable beside others. */
export function channelKind<Schema extends ZodObject>(definition: ChannelDefinition<Schema>): ChannelKind {
  const { type, configSchema, largestGroup } = definition;
  const { secretFields, secretAddresses } = secretRules(definition.fields);
  return {
    type,
    configSchema,
    secretFields,
    secretAddresses,
    unusedSecrets: (settings) => definition.unusedSecrets?.(settings) ?? [],
    largestGroup,
    configure(given) {
      const result = z.safeParse(configSchema, given);
      if (!result.success) {
        const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`);
        throw new ChannelError('channel_refused', problems.join('; '), { help: 'Correct the channel, then save it.' });
      }
      const config = result.data;
      return { endpoints: definition.endpoints(config), open: (deps) => definition.open(config, deps) };
    },
  };
}
