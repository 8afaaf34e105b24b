import type { Connector } from './configure.ts';

/** Hosts that a connection may name as its cloud's endpoint, each `host:port`. */
export interface EndpointAllowlist {
  /** Why the endpoint may not be used, in words for its owner; undefined when it may. */
  refusal(endpoint: string): string | undefined;
}

const defaultPorts: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' };

/** Only the operator's own list is followed: a caller who may name any host could probe the network through us. */
export function endpointAllowlist(hosts: readonly string[]): EndpointAllowlist {
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  return {
    refusal(endpoint) {
      const host = hostOf(endpoint);
      if (host === undefined) return 'must be a host, host:port, or an http or https URL without user and password';
      return allowed.has(host) ? undefined : `${host} is not in CLOUD_ENDPOINT_ALLOWLIST; ask the operator to add it`;
    },
  };
}

/** What is wrong with the endpoints that a configuration names, by field. */
export function refusedEndpoints(
  { endpointFields }: Pick<Connector, 'endpointFields'>,
  config: Readonly<Record<string, unknown>>,
  allowlist: EndpointAllowlist,
): readonly { readonly field: string; readonly message: string }[] {
  return endpointFields.flatMap((field) => {
    const value = config[field];
    const message = typeof value === 'string' ? allowlist.refusal(value) : undefined;
    return message === undefined ? [] : [{ field, message }];
  });
}

/** host:port of a URL, or of a bare `host:port`, which is what gRPC clients take. */
function hostOf(endpoint: string): string | undefined {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(endpoint) ? endpoint : `https://${endpoint}`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const defaultPort = defaultPorts[url.protocol];
  if (defaultPort === undefined || url.username !== '' || url.password !== '' || url.hostname === '') return undefined;
  return `${url.hostname}:${url.port || defaultPort}`;
}
