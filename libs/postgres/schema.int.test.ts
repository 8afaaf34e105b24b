import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { upsertLogs } from './logs/log-rows.ts';
import { migrate } from './migrate.ts';
import { createTestDatabase, emptyTestDatabase, type TestDatabase } from './test-database.ts';
import { testRecord } from './test-records.ts';
import { TimePartitions } from './time-partitions.ts';

const day = 86_400_000_000;
const start = Date.UTC(2026, 0, 1) * 1000;
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase('native');
});
afterAll(() => database?.drop());

async function partitions(): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'logs'::regclass order by 1`,
  );
  return rows.map(({ name }) => name);
}

describe('migrations', () => {
  it('apply once, also when two processes start at the same time', async () => {
    const empty = await emptyTestDatabase();
    try {
      const chosen = await Promise.all([migrate(empty.pool), migrate(empty.pool), migrate(empty.pool)]);
      expect(new Set(chosen.map(({ partitioning }) => partitioning)).size).toBe(1);
      const { rows } = await empty.pool.query('select number from schema_migrations order by number');
      expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    } finally {
      await empty.drop();
    }
  });

  it('are in place once each after another start', async () => {
    await migrate(database.pool);
    const { rows } = await database.pool.query('select number from schema_migrations order by number');
    expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
  });

  it('say how the logs are partitioned and why, when that is chosen and ever after', async () => {
    const empty = await emptyTestDatabase();
    try {
      const chosen = await migrate(empty.pool);
      const { rows } = await empty.pool.query(`select from pg_available_extensions where name = 'timescaledb'`);
      if (rows.length === 0) {
        expect(chosen).toEqual({ partitioning: 'native', reason: 'the server does not have TimescaleDB' });
      }
      const later = await migrate(empty.pool, async () => {
        throw new Error('is chosen once');
      });
      expect(later.partitioning).toBe(chosen.partitioning);
      expect(later.reason).not.toBe('');
    } finally {
      await empty.drop();
    }
  });

  it('fail with what PostgreSQL said, also where that ended the session', async () => {
    const empty = await emptyTestDatabase();
    try {
      const ended = migrate(empty.pool, async (client) => {
        await client.query('select pg_terminate_backend(pg_backend_pid())');
        throw new Error('the session goes on');
      });
      await expect(ended).rejects.toThrow('terminating connection due to administrator command');
      const refused = migrate(empty.pool, async (client) => {
        await client.query('create extension no_such_extension');
        throw new Error('it has been created');
      });
      await expect(refused).rejects.toThrow('no_such_extension');
      await migrate(empty.pool);
    } finally {
      await empty.drop();
    }
  });

  it('refuse to go on from one that was changed after it had been applied', async () => {
    await database.pool.query(`update schema_migrations set checksum = 'another' where number = 2`);
    await expect(migrate(database.pool)).rejects.toThrow('was changed after it had been applied');
    const { rows } = await database.pool.query('select checksum from schema_migrations where number = 2');
    expect(rows[0].checksum).toBe('another');
  });
});

describe('day partitions, of a database that PostgreSQL partitions by itself', () => {
  it('are created once as records of new days come, whichever process creates them', async () => {
    const times = [start, start + 5, start + day - 1, start + day, start + 40 * day];
    const clients = await Promise.all([1, 2, 3].map(() => database.pool.connect()));
    try {
      await Promise.all(clients.map((client) => new TimePartitions().ensure(client, times)));
    } finally {
      for (const client of clients) client.release();
    }
    expect(await partitions()).toEqual(['logs_p20260101', 'logs_p20260102', 'logs_p20260210']);
  });

  it('take each record into its day, and go by the day when they are too old', async () => {
    const client = await database.pool.connect();
    try {
      const days = new TimePartitions();
      const records = [testRecord(1, { timestamp: start + day - 1 }), testRecord(2, { timestamp: start + day })];
      await days.ensure(
        client,
        records.map(({ timestamp }) => timestamp),
      );
      await client.query('begin');
      expect(await upsertLogs(client, records)).toBe(2);
      await client.query('commit');
      const { rows } = await client.query('select tableoid::regclass::text as name from logs order by timestamp');
      expect(rows.map(({ name }) => name)).toEqual(['logs_p20260101', 'logs_p20260102']);
      // Its last record is exactly at the limit: it stays.
      expect(await days.dropBefore(client, start + day)).toEqual(['logs_p20260101']);
      expect(await days.dropBefore(client, start + 2 * day - 1)).toEqual([]);
      expect((await client.query('select id from logs')).rowCount).toBe(1);
      // A record of a day that was dropped makes it again.
      await days.ensure(client, [start]);
      expect(await partitions()).toContain('logs_p20260101');
    } finally {
      client.release();
    }
  });
});
