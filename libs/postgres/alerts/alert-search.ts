import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertSeverity } from '@tailrace/schemas/generated/alert-severity.ts';
import type { AlertStatus } from '@tailrace/schemas/generated/alert-status.ts';
import { databaseError } from '../connection/database-error.ts';
import type { Queryable } from '../connection/queryable.ts';
import { copyTimestamp } from '../copy-text.ts';
import { Parameters } from '../parameters.ts';

/** Who read an alert first, and when, microseconds since the epoch. */
interface StoredReadMark {
  readonly by: string;
  readonly at: number;
}

/** An alert as it is stored, and who read it first. */
export interface StoredAlert {
  readonly alert: Alert;
  readonly read: StoredReadMark | null;
}

/** A place between alerts, in the order of (start, id). */
export interface AlertPosition {
  /** Microseconds since the epoch. */
  readonly timestamp: number;
  readonly id: string;
}

export interface AlertSearch {
  readonly projectId: string;
  readonly status?: AlertStatus | undefined;
  readonly severity?: AlertSeverity | undefined;
  readonly ruleId?: string | undefined;
  /** Only those that nobody has read. */
  readonly unread?: boolean | undefined;
  /** Starts, microseconds since the epoch: from included, to excluded. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Alerts older than this one. */
  readonly before?: AlertPosition | undefined;
  readonly limit: number;
}

const readColumns = 'read_by, (extract(epoch from read_at) * 1000000)::bigint::float8 as read_at';
const columns = `snapshot, ${readColumns}`;

interface AlertRow {
  readonly snapshot: Alert;
  readonly read_by: string | null;
  readonly read_at: number | null;
}

/** A project's alerts that match, newest start first. @throws TailraceError when the database is unreachable. */
export async function searchAlerts(pool: Queryable, search: AlertSearch): Promise<readonly StoredAlert[]> {
  const { status, severity, ruleId, unread, from, to, before } = search;
  const parameters = new Parameters();
  const tests = [`project_id = ${parameters.add(search.projectId)}`];
  if (status !== undefined) tests.push(`status = ${parameters.add(status)}`);
  if (severity !== undefined) tests.push(`severity = ${parameters.add(severity)}`);
  if (ruleId !== undefined) tests.push(`rule_id = ${parameters.add(ruleId)}`);
  if (unread) tests.push('read_at is null');
  if (from !== undefined) tests.push(`started_at >= ${parameters.add(copyTimestamp(from))}`);
  if (to !== undefined) tests.push(`started_at < ${parameters.add(copyTimestamp(to))}`);
  if (before !== undefined) {
    const [at, id] = [parameters.add(copyTimestamp(before.timestamp)), parameters.add(before.id)];
    tests.push(`(started_at, id) < (${at}::timestamptz, ${id})`);
  }
  const sql = `select ${columns} from alerts where ${tests.join(' and ')}
    order by started_at desc, id desc limit ${parameters.add(search.limit)}`;
  try {
    const { rows } = await pool.query<AlertRow>(sql, parameters.values);
    return rows.map(toStoredAlert);
  } catch (error) {
    throw databaseError(error);
  }
}

/** @throws TailraceError when the database is unreachable. */
export async function findAlert(pool: Queryable, id: string): Promise<StoredAlert | undefined> {
  try {
    const { rows } = await pool.query<AlertRow>(`select ${columns} from alerts where id = $1`, [id]);
    return rows[0] && toStoredAlert(rows[0]);
  } catch (error) {
    throw databaseError(error);
  }
}

/** Who has read which of these alerts; those that nobody has are not there. @throws TailraceError when the database is unreachable. */
export async function findReadMarks(
  pool: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredReadMark>> {
  const sql = `select id, ${readColumns} from alerts where id = any($1) and read_at is not null`;
  try {
    const { rows } = await pool.query<{ id: string; read_by: string; read_at: number }>(sql, [ids]);
    return new Map(rows.map(({ id, read_by: by, read_at: at }) => [id, { by, at }]));
  } catch (error) {
    throw databaseError(error);
  }
}

function toStoredAlert({ snapshot, read_by: by, read_at: at }: AlertRow): StoredAlert {
  return { alert: snapshot, read: by === null || at === null ? null : { by, at } };
}
