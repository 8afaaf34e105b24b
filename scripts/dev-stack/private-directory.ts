import { chmodSync, mkdirSync } from 'node:fs';

/**
 * Makes a directory that no other user of this machine can look into, also where it was made before with other rights.
 * As root it stays passable, without being listed: PostgreSQL then runs as another user, and must reach its own data.
 */
export function makePrivate(directory: string): void {
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, process.getuid?.() === 0 ? 0o711 : 0o700);
}

/** From now on nobody but this user can read what this process and those that it starts make. */
export function keepFilesPrivate(): void {
  process.umask(0o077);
}
