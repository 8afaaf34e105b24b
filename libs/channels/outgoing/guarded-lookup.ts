import { type LookupAddress, type LookupAllOptions, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { ChannelError } from '../channel-error.ts';
import { isPublicAddress } from './address-policy.ts';

/** All addresses of a name, as `dns.lookup` with `all` gives them. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A `lookup` for sockets that gives public addresses only. The socket connects to what this very call returns, so a name
 * that resolves to a public address when it is checked and to a private one when it is called gets nowhere.
 */
export function guardedLookup(resolve: Resolve = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const inside = addresses.find(({ address }) => !isPublicAddress(address));
      const [first] = addresses;
      if (inside !== undefined || first === undefined) return callback(insideError(hostname, inside?.address), []);
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function insideError(host: string, address = 'no address'): ChannelError {
  return new ChannelError('channel_refused', `${host} resolves to ${address}, which is not a public address`, {
    help: 'Ask the operator to add its host:port to NOTIFICATION_ENDPOINT_ALLOWLIST.',
  });
}
