import { unlessAborted } from '@tailrace/errors/abort.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { ConnectionState } from '@tailrace/schemas/generated/connection-state.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { openTable, type Table } from '@tailrace/stream/reading/table.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { visible } from '../output/terminal.ts';
import type { Finding } from './finding.ts';

/** Of each is said that it is not well; further ones are counted. */
const maxNamed = 20;
/** An ingest process takes a connection up within seconds. */
const takenUpWithinMs = 30_000;

const failedStates: ReadonlySet<ConnectionState> = new Set([
  'unreachable',
  'auth_refused',
  'permission_denied',
  'not_found',
  'invalid_config',
  'credentials_unreadable',
]);

/** What a connection does, for the summary. */
type Doing =
  | 'complete'
  | 'quiet'
  | 'catching up'
  | 'starting'
  | 'held back'
  | 'failing'
  | 'not read'
  | 'paused'
  | 'stopped';
const inOrder: readonly Doing[] = [
  'complete',
  'quiet',
  'catching up',
  'starting',
  'held back',
  'failing',
  'not read',
  'paused',
  'stopped',
];

interface Judgement {
  readonly doing: Doing;
  /** What is to be said of it by name; left out where all is well. */
  readonly remark?: string;
}

/**
 * How every connection of every project does: one line in sum, and one for each whose "complete up to" is held back, with
 * the reason, since when, and what to do.
 */
export async function lookAtConnections(kafka: Kafka, answersWithinMs: number): Promise<Finding[]> {
  const signal = AbortSignal.timeout(answersWithinMs);
  try {
    const [connections, statuses] = await Promise.all([
      contents(kafka, topics.connections, signal),
      contents(kafka, topics.connectionStatus, signal),
    ]);
    return findings([...connections.values()], statuses);
  } catch (error) {
    const why = signal.aborted ? `Kafka did not give them within ${answersWithinMs / 1000} s` : messageOf(error);
    return [{ what: 'connections', ok: false, detail: `cannot be read: ${why}` }];
  }
}

function findings(connections: readonly Connection[], statuses: ReadonlyMap<string, ConnectionStatus>): Finding[] {
  const judged = connections
    .map((connection) => ({ connection, ...judge(connection, statuses.get(connection.id)) }))
    .sort((one, other) => placeOf(one.connection).localeCompare(placeOf(other.connection)));
  const counts = inOrder
    .map((doing) => [judged.filter((each) => each.doing === doing).length, doing] as const)
    .filter(([count]) => count > 0)
    .map(([count, doing]) => `${count} ${doing}`);
  const remarked = judged.filter(({ remark }) => remark !== undefined);
  const named = remarked.slice(0, maxNamed).map(({ connection, doing, remark }) => ({
    what: 'connection',
    ok: doing === 'catching up',
    detail: `${visible(connection.name)} (project ${connection.project_id}) ${remark}`,
  }));
  const sum = connections.length === 1 ? '1 connection' : `${connections.length} connections`;
  const detail = counts.length === 0 ? 'there is none' : `${sum}: ${counts.join(', ')}`;
  const more = remarked.length - named.length;
  return [
    { what: 'connections', ok: named.every(({ ok }) => ok), detail },
    ...named,
    ...(more > 0
      ? [{ what: 'connection', ok: false, detail: `and ${more} more; see \`tailrace connections list\`` }]
      : []),
  ];
}

function judge({ desired_state: desired, updated_at: changed }: Connection, status?: ConnectionStatus): Judgement {
  if (desired !== 'running') return { doing: desired };
  if (!status) {
    if (Date.now() - changed / 1000 < takenUpWithinMs) return { doing: 'starting' };
    return { doing: 'not read', remark: 'is read by no process: is one running with the role ingest?' };
  }
  const { state, held_back: heldBack, last_error: error } = status;
  if (heldBack) {
    const { reason, since, detail, help } = heldBack;
    const [doing, what] =
      reason === 'starting' ? (['catching up', 'is catching up'] as const) : (['held back', 'is held back'] as const);
    return { doing, remark: `${what} since ${isoNanos(since)} (${reason}): ${sentences(detail, help)}` };
  }
  if (failedStates.has(state)) {
    const why = error ? sentences(error.message, error.help) : 'nothing more is known of it.';
    return { doing: 'failing', remark: `is ${state} since ${isoNanos(status.state_since)}: ${why}` };
  }
  if (state === 'starting') return { doing: 'starting' };
  return { doing: status.quiet_since === null ? 'complete' : 'quiet' };
}

function sentences(...texts: readonly (string | null)[]): string {
  return texts.flatMap((text) => (text ? visible(/[.!?]$/.test(text) ? text : `${text}.`) : [])).join(' ');
}

function placeOf({ project_id: project, name }: Connection): string {
  return `${project}/${name}`;
}

/** What is in a table now. */
async function contents<Value>(
  kafka: Kafka,
  topic: TopicSpec<Value>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Value>> {
  const table: Table<Value> = openTable({ kafka, topic, logger: createLogger({ level: 'silent' }) });
  try {
    await unlessAborted(table.caughtUp, signal);
    return new Map(table.entries());
  } finally {
    // It waits for what it has asked last; a broker that does not answer ends that when the client is closed.
    table.close().catch(() => undefined);
  }
}
