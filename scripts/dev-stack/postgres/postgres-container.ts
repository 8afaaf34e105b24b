import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Unavailable } from '../choose-server.ts';
import { findContainerEngine } from '../container-engine.ts';
import { startContainer } from '../container-server.ts';
import type { DevPostgres, DevServerOptions } from '../dev-server.ts';
import { choosePort } from '../ports.ts';
import { DATABASE, isPostgresReady, postgresUrl, USER } from './postgres-database.ts';

const POSTGRES_PORT = 5432;

/** PostgreSQL with the TimescaleDB extension, as docker-compose.yml runs it too: https://hub.docker.com/r/timescale/timescaledb */
export const TIMESCALEDB_IMAGE = 'timescale/timescaledb:2.29.2-pg17';
const DATA_PATH = '/var/lib/postgresql/data';

export async function startPostgresContainer(options: DevServerOptions): Promise<DevPostgres | Unavailable> {
  const engine = await findContainerEngine(options.environment);
  if ('unavailable' in engine) return engine;
  const { host } = engine.info.containerRuntime;
  const hostPort = await choosePort(join(options.directory, 'server.port'), options.preferredPort ?? 0);
  const password = containerPassword(options.directory);
  const databaseUrl = postgresUrl(host, hostPort, password, DATABASE);
  const server = await startContainer(
    engine,
    {
      name: 'PostgreSQL',
      image: TIMESCALEDB_IMAGE,
      environment: {
        POSTGRES_USER: USER,
        POSTGRES_PASSWORD: password,
        POSTGRES_DB: DATABASE,
        TIMESCALEDB_TELEMETRY: 'off',
      },
      containerPort: POSTGRES_PORT,
      hostPort,
      dataPath: DATA_PATH,
      isReady: () => isPostgresReady(databaseUrl),
    },
    options,
  );
  return 'unavailable' in server ? server : { ...server, databaseUrl };
}

/** The image sets the password when it creates the data, so it must stay the same as long as the volume. */
function containerPassword(directory: string): string {
  const file = join(directory, 'container-password');
  if (existsSync(file)) return readFileSync(file, 'utf8');
  mkdirSync(directory, { recursive: true });
  const password = randomBytes(18).toString('base64url');
  writeFileSync(file, password, { mode: 0o600 });
  return password;
}
