import pg from 'pg';

/** The user that owns everything and the database that Tailrace uses. */
export const USER = 'tailrace';
export const DATABASE = 'tailrace';

const CONNECT_TIMEOUT_MS = 2_000;

export function postgresUrl(host: string, port: number, password: string, database: string): string {
  return `postgres://${USER}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}

/** Whether the server takes queries. */
export async function isPostgresReady(url: string): Promise<boolean> {
  try {
    await query(url, 'SELECT 1');
    return true;
  } catch {
    return false;
  }
}

/** Creates the database when it is missing. @param url any database of the same server */
export async function ensureDatabase(url: string): Promise<void> {
  const existing = await query(url, 'SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (existing === 0) await query(url, `CREATE DATABASE ${DATABASE}`);
}

/** Runs one statement on a connection of its own; returns the number of rows. */
async function query(url: string, text: string, values: string[] = []): Promise<number> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // A server that stops while we are connected reports it here as well; the query's own failure says enough.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text, values)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}
