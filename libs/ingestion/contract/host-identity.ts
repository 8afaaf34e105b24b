import type { ConfiguredConnector } from './configure.ts';

/** Why a configuration without credentials of its own may not be used, in words for its owner; undefined when it may. */
export function hostIdentityRefusal(
  { usesHostIdentity }: Pick<ConfiguredConnector, 'usesHostIdentity'>,
  hostCredentials: boolean,
): string | undefined {
  if (!usesHostIdentity || hostCredentials) return undefined;
  return 'holds no credentials, and this installation does not lend its own: add them, or ask the operator to set CLOUD_HOST_CREDENTIALS=true';
}
