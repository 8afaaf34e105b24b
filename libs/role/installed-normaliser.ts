import { cloudEvents } from '@tailrace/connectors/clouds.ts';
import { type Normalise, normaliserOf } from '@tailrace/normalise/normalise.ts';
import type { Extensions } from './extensions.ts';

/** What makes canonical records in this installation: every cloud's reader, and its own parsers before Tailrace's. */
export function installedNormaliser(extensions: Extensions | undefined): Normalise {
  return normaliserOf({ clouds: cloudEvents, parsers: extensions?.parsers });
}
