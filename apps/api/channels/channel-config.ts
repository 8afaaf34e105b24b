import type { ChannelKind, ConfiguredChannel } from '@tailrace/channels/channel.ts';
import { ChannelError } from '@tailrace/channels/channel-error.ts';
import type { AddressPolicy } from '@tailrace/channels/outgoing/address-policy.ts';
import type { Credentials } from '@tailrace/credentials/sealed-credentials.ts';
import { Problem } from '@tailrace/http/problem.ts';

/** `channel_config` as a person gives it: settings and secrets side by side. */
export type GivenConfig = Readonly<Record<string, unknown>>;

/** A configuration that its kind accepts, taken apart. */
export interface AcceptedChannel {
  /** As it was given: defaults are not filled in. */
  readonly settings: GivenConfig;
  readonly secrets: Credentials;
}

interface FieldError {
  readonly field: string;
  readonly message: string;
}

/**
 * Checks a configuration and takes its secrets out. A secret left out is taken from `stored`; `null` removes it.
 * @throws Problem 422 that names every wrong field. An unknown field is wrong: it might be a misspelt secret.
 */
export function acceptChannel(
  kind: ChannelKind,
  given: GivenConfig,
  stored: Credentials,
  policy: AddressPolicy,
): AcceptedChannel {
  const isSecret = (field: string) => kind.secretFields.includes(field);
  const settings = pick(given, (field, value) => !isSecret(field) && value !== null);
  const secrets = pick({ ...stored, ...pick(given, isSecret) }, (field, value) => isSecret(field) && value !== null);
  const unknown = unknownFields(kind, settings);
  const errors = [...unknown, ...schemaErrors(kind, { ...settings, ...secrets })];
  if (errors.length > 0) throw invalid(errors);
  const refused = endpointErrors(configured(kind, { ...settings, ...secrets }), policy);
  if (refused.length > 0) throw invalid(refused);
  return { settings, secrets };
}

function pick(fields: GivenConfig, wanted: (field: string, value: unknown) => boolean): GivenConfig {
  return Object.fromEntries(Object.entries(fields).filter(([field, value]) => wanted(field, value)));
}

function unknownFields(kind: ChannelKind, settings: GivenConfig): FieldError[] {
  const known = Object.keys(kind.configSchema.shape);
  return Object.keys(settings)
    .filter((field) => !known.includes(field))
    .map((field) => ({ field, message: `is not a field of ${kind.type}; known are ${known.join(', ')}` }));
}

function schemaErrors(kind: ChannelKind, config: GivenConfig): FieldError[] {
  const issues = kind.configSchema.safeParse(config).error?.issues ?? [];
  return issues
    .filter((issue) => issue.code !== 'unrecognized_keys')
    .map(({ path, message }) => ({ field: path.join('.'), message }));
}

function configured(kind: ChannelKind, config: GivenConfig): ConfiguredChannel {
  try {
    return kind.configure(config);
  } catch (error) {
    if (error instanceof ChannelError) throw invalid([{ field: '', message: error.message }]);
    throw error;
  }
}

/** Refused already here, so that its owner hears of it; what a name resolves to is checked whenever it is called. */
function endpointErrors({ endpoints }: ConfiguredChannel, policy: AddressPolicy): FieldError[] {
  return endpoints.flatMap(({ field, url }) => {
    const message = policy.refusal(url);
    return message === undefined ? [] : [{ field, message }];
  });
}

function invalid(errors: readonly FieldError[]): Problem {
  const named = errors.map(({ field, message }) => ({
    field: `body.channel_config${field === '' ? '' : `.${field}`}`,
    message,
  }));
  return new Problem(422, { detail: named.map((each) => `${each.field}: ${each.message}`).join('; '), errors: named });
}
