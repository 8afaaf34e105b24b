import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import { openTable, type Table } from '@tailrace/stream/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** The `connections` table with its projects found without a scan. */
export interface ConnectionTable {
  readonly table: Table<Connection>;
  /** A project's connections by name. */
  ofProject(projectId: string): readonly Connection[];
}

/** Opens the table of all connections. */
export function openConnectionTable(kafka: Kafka, logger: Logger): ConnectionTable {
  const projects = new Map<string, Map<string, Connection>>();
  const table = openTable({
    kafka,
    topic: topics.connections,
    logger,
    onChange({ key, value, previous }) {
      if (previous !== undefined) projects.get(previous.project_id)?.delete(key);
      if (value === undefined) return;
      const project = projects.get(value.project_id) ?? new Map<string, Connection>();
      projects.set(value.project_id, project.set(key, value));
    },
  });
  return { table, ofProject: (projectId) => [...(projects.get(projectId)?.values() ?? [])].sort(byName) };
}

function byName(one: Connection, other: Connection): number {
  return one.name.localeCompare(other.name) || one.id.localeCompare(other.id);
}
