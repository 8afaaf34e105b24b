import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';

/**
 * Who calls: the peer, or behind proxies what they say of it. Each proxy adds the address that it was called from to the end
 * of X-Forwarded-For, so only as many entries from the end are believed as there are proxies of ours; those before are the
 * caller's own words. Fastify's `trustProxy` with a number means the same.
 *
 * @param trustedHops how many proxies of ours a request passes
 */
export function clientAddress(request: IncomingMessage, trustedHops: number): string {
  const header = request.headers['x-forwarded-for'];
  const forwarded = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').map((each) => each.trim());
  const hops = [request.socket.remoteAddress ?? '', ...forwarded.filter((each) => each !== '').reverse()];
  return hops[Math.min(trustedHops, hops.length - 1)] ?? '';
}

/**
 * What limits count by: an IPv4 address, or the /64 of an IPv6 one, since that is what one customer is given and can choose
 * addresses from (RFC 6177). Anything else counts as one caller.
 */
export function limitKey(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return Buffer.from(parsed.toByteArray().slice(0, 8)).toString('hex');
}

/** Addresses of machines and private networks, as far as a router on the internet would not carry them (RFC 6890). */
const insideRanges = new Set(['loopback', 'private', 'linkLocal', 'uniqueLocal', 'carrierGradeNat']);

/** Whether a request comes straight from this machine or a private network: through no proxy, which would say so. */
export function comesFromInside(request: IncomingMessage): boolean {
  const { headers, socket } = request;
  if ('x-forwarded-for' in headers || 'forwarded' in headers) return false;
  const address = socket.remoteAddress ?? '';
  return ipaddr.isValid(address) && insideRanges.has(ipaddr.process(address).range());
}
