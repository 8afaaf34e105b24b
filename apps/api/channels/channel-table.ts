import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { NotificationChannel } from '@tailrace/schemas/generated/notification-channel.ts';
import { openTable, type Table } from '@tailrace/stream/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';

/** The `notification-channels` table with its projects found without a scan. */
export interface ChannelTable {
  readonly table: Table<NotificationChannel>;
  /** A project's channels by name. */
  ofProject(projectId: string): readonly NotificationChannel[];
}

/** Opens the table of all channels. */
export function openChannelTable(kafka: Kafka, logger: Logger): ChannelTable {
  const projects = new Map<string, Map<string, NotificationChannel>>();
  const table = openTable({
    kafka,
    topic: topics.notificationChannels,
    logger,
    onChange({ key, value, previous }) {
      if (previous !== undefined) projects.get(previous.project_id)?.delete(key);
      if (value === undefined) return;
      const project = projects.get(value.project_id) ?? new Map<string, NotificationChannel>();
      projects.set(value.project_id, project.set(key, value));
    },
  });
  return { table, ofProject: (projectId) => [...(projects.get(projectId)?.values() ?? [])].sort(byName) };
}

function byName(one: NotificationChannel, other: NotificationChannel): number {
  return one.name.localeCompare(other.name) || one.id.localeCompare(other.id);
}
