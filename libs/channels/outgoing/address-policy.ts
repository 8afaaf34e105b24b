import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Which addresses a person's configuration may make us call. Anything inside our own network is the operator's to allow. */
export interface AddressPolicy {
  /** Why the address may not be called, in words for the channel's owner; undefined when it may. Looks nothing up. */
  refusal(url: string): string | undefined;
  /** Whether the operator has allowed this host and port, whatever its addresses and with or without TLS. */
  isAllowed(host: string, port: number): boolean;
}

/** Schemes that may be called, with their ports; those in clear only where the operator allows the host. */
const schemes: Readonly<Record<string, { readonly port: number; readonly clear: boolean }>> = {
  'https:': { port: 443, clear: false },
  'http:': { port: 80, clear: true },
  // Mail servers upgrade their connections themselves; whether one must is up to the channel's configuration.
  'smtp:': { port: 25, clear: false },
};

/** @param allowlist `host:port` pairs of NOTIFICATION_ENDPOINT_ALLOWLIST. */
export function addressPolicy(allowlist: readonly string[]): AddressPolicy {
  const allowed = new Set(allowlist.map((host) => host.toLowerCase()));
  const isAllowed = (host: string, port: number) => allowed.has(`${host.toLowerCase()}:${port}`);
  return {
    isAllowed,
    refusal(text) {
      const target = targetOf(text);
      if (target === undefined) return 'must be an https URL with a host, without user, password and fragment';
      const { host, port, clear } = target;
      if (isAllowed(host, port)) return undefined;
      const hint = `ask the operator to add ${host}:${port} to NOTIFICATION_ENDPOINT_ALLOWLIST`;
      if (clear) return `must begin with https://, or ${hint}`;
      const literal = host.replace(/^\[|\]$/g, '');
      if (isIP(literal) !== 0 && !isPublicAddress(literal)) return `${host} is not a public address; ${hint}`;
      if (isLocalName(host)) return `${host} is a name of a private network; ${hint}`;
      return undefined;
    },
  };
}

/** Host as URLs write it (decimal, octal and hexadecimal addresses in dotted form), and port. */
export function targetOf(text: string): { host: string; port: number; clear: boolean } | undefined {
  if (/[\s\\]/.test(text)) return undefined;
  const [scheme = '', rest = ''] = text.split(/(?<=^[a-z]+:)\/\//i);
  const known = schemes[scheme.toLowerCase()];
  // Only the parser of http knows that 0x7f.1 and 2130706433 are 127.0.0.1, so every scheme goes through it.
  const http = known && `https://${rest}`;
  if (!known || http === undefined || !URL.canParse(http)) return undefined;
  const { hostname, port, username, password, hash } = new URL(http);
  if (hostname === '' || username !== '' || password !== '' || hash !== '') return undefined;
  const httpsDefault = /:0*443(\/|\?|$)/.test(rest) ? 443 : known.port;
  return { host: hostname.replace(/\.$/, ''), port: port === '' ? httpsDefault : Number(port), clear: known.clear };
}

/** A unicast address of the internet: not private, loopback, link-local, multicast, unique local, mapped or tunnelled. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // An IPv4 address within an IPv6 one is reached as what it is.
  return ipaddr.process(address).range() === 'unicast';
}

/** Names that resolve within a machine or a private network by their very form (RFC 6761, RFC 6762, RFC 8375). */
function isLocalName(host: string): boolean {
  return (
    isIP(host.replace(/^\[|\]$/g, '')) === 0 &&
    (!host.includes('.') || /\.(localhost|local|internal|home\.arpa)$/.test(host))
  );
}
