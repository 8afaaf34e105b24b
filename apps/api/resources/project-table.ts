import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { openTable, type Table } from '@tailrace/stream/reading/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';

/** What belongs to a project, has a name for people, and is changed version by version. */
export interface ProjectResource {
  readonly id: string;
  readonly project_id: string;
  readonly name: string;
  readonly version: number;
  /** Microseconds since the epoch. */
  readonly updated_at: number;
}

/** A table of such resources with those of a project found without a scan. */
export interface ProjectTable<Value extends ProjectResource> {
  readonly table: Table<Value>;
  /** A project's resources by name. */
  ofProject(projectId: string): readonly Value[];
}

/** Opens the table of all projects' resources of one kind. */
export function openProjectTable<Value extends ProjectResource>(
  kafka: Kafka,
  topic: TopicSpec<Value>,
  logger: Logger,
): ProjectTable<Value> {
  const projects = new Map<string, Map<string, Value>>();
  const table = openTable({
    kafka,
    topic,
    logger,
    onChange({ key, value, previous }) {
      if (previous !== undefined) projects.get(previous.project_id)?.delete(key);
      if (value === undefined) return;
      const project = projects.get(value.project_id) ?? new Map<string, Value>();
      projects.set(value.project_id, project.set(key, value));
    },
  });
  return { table, ofProject: (projectId) => [...(projects.get(projectId)?.values() ?? [])].sort(byName) };
}

function byName(one: ProjectResource, other: ProjectResource): number {
  return one.name.localeCompare(other.name) || one.id.localeCompare(other.id);
}
