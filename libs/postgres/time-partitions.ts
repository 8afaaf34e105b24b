import type pg from 'pg';
import { inTransaction } from './connection/transaction.ts';

const dayMicros = 86_400_000_000;
/** Any fixed number: two sinks that meet a new day make its partition one after the other. */
const partitionLock = 7_312_002;
const limits = { answerTimeoutMs: 60_000 };
/** A drop waits for readers of the table; new readers and writers would queue up behind it. */
const dropLimits = { answerTimeoutMs: 60_000, lockTimeoutMs: 5000 };

/** Makes the day partitions of `logs` as records of new days come. For native partitioning only. */
export class TimePartitions {
  readonly #known = new Set<string>();

  /**
   * Makes sure that a partition exists for each of the times (microseconds since the epoch). To be called outside the
   * transaction that writes the rows. Attaching takes a lock that lets readers and writers go on
   * (https://www.postgresql.org/docs/current/sql-altertable.html).
   */
  async ensure(client: pg.ClientBase, timestamps: Iterable<number>): Promise<void> {
    const days = new Set<number>();
    for (const timestamp of timestamps) days.add(Math.floor(timestamp / dayMicros));
    for (const day of days) {
      const name = partitionName(day);
      if (this.#known.has(name)) continue;
      await create(client, name, day);
      this.#known.add(name);
    }
  }

  /**
   * To be called when a row found no partition (SQLSTATE 23514) although `ensure` had made it: another process has dropped
   * it as too old. The next `ensure` makes it again.
   */
  forget(): void {
    this.#known.clear();
  }

  /**
   * Drops the partitions whose last record is older than the time, microseconds since the epoch.
   * @returns the names of what was dropped.
   */
  async dropBefore(client: pg.ClientBase, timestamp: number): Promise<readonly string[]> {
    const { rows } = await client.query<{ name: string }>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = 'logs'::regclass order by 1`,
    );
    const limit = partitionName(Math.floor(timestamp / dayMicros));
    const old = rows.map(({ name }) => name).filter((name) => name < limit);
    for (const name of old) {
      await inTransaction(client, dropLimits, () => client.query(`drop table if exists ${name}`));
      this.#known.delete(name);
    }
    return old;
  }
}

function create(client: pg.ClientBase, name: string, day: number): Promise<void> {
  return inTransaction(client, limits, async () => {
    await client.query('select pg_advisory_xact_lock($1)', [partitionLock]);
    const { rows } = await client.query<{ exists: boolean }>('select to_regclass($1) is not null as exists', [name]);
    if (rows[0]?.exists) return;
    await client.query(`create table ${name} (like logs including all)`);
    await client.query(
      `alter table logs attach partition ${name} for values from ('${isoDay(day)}') to ('${isoDay(day + 1)}')`,
    );
  });
}

function isoDay(day: number): string {
  return `${new Date(day * 86_400_000).toISOString().slice(0, 10)} 00:00:00+00`;
}

/** Sorts by day as text, for the four-digit years that a log record can have. */
function partitionName(day: number): string {
  return `logs_p${new Date(day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')}`;
}
