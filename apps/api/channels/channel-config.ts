import type { ChannelKind, ConfiguredChannel } from '@tailrace/channels/channel.ts';
import { ChannelError } from '@tailrace/channels/channel-error.ts';
import type { AddressPolicy } from '@tailrace/channels/outgoing/address-policy.ts';
import type { Credentials } from '@tailrace/credentials/sealed-credentials.ts';
import type { FieldError, GivenConfig } from '../resources/config-kind.ts';
import { withMoved } from '../resources/moved-secrets.ts';
import { configErrors, invalidConfig, type SplitConfig, splitConfig } from '../resources/secret-config.ts';

/**
 * Checks a configuration and takes its secrets out. A secret left out is taken from `stored`; `null` removes it.
 * @param moved secrets that have to be given again because their address has changed
 * @throws Problem 422 that names every wrong field. An unknown field is wrong: it might be a misspelt secret.
 */
export function acceptChannel(
  kind: ChannelKind,
  given: GivenConfig,
  stored: Credentials,
  policy: AddressPolicy,
  moved: readonly FieldError[] = [],
): SplitConfig {
  const split = splitConfig(kind, given, stored);
  const errors = withMoved(moved, configErrors(kind, kind.type, split));
  if (errors.length > 0) throw invalid(errors);
  const refused = endpointErrors(configured(kind, { ...split.settings, ...split.secrets }), policy);
  if (refused.length > 0) throw invalid(refused);
  return split;
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
function endpointErrors({ endpoints }: ConfiguredChannel, policy: AddressPolicy): readonly FieldError[] {
  return endpoints.flatMap(({ field, url }) => {
    const message = policy.refusal(url);
    return message === undefined ? [] : [{ field, message }];
  });
}

function invalid(errors: readonly FieldError[]) {
  return invalidConfig('body.channel_config', errors);
}
