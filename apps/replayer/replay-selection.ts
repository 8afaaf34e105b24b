import type { FetchedRecord } from '@tailrace/kafka/kafka.ts';
import { eventTime } from '@tailrace/normalise/normalise.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import type { ReplayRequest } from '@tailrace/schemas/generated/replay-request.ts';

/** Which raw events a replay is about. */
export interface ReplaySelection {
  /** By its headers alone, so that others are never decoded. A record without them may be anybody's. */
  mayHold(record: FetchedRecord): boolean;
  holds(event: RawEvent): boolean;
}

export function selectionOf({ project_id: projectId, connection_ids: ids, from, to }: ReplayRequest): ReplaySelection {
  const project = Buffer.from(projectId);
  const connections = new Set(ids);
  const known = new Set(ids.map((id) => Buffer.from(id).toString('latin1')));
  return {
    mayHold({ headers }) {
      const owner = headers.get('project');
      if (owner !== undefined && !owner.equals(project)) return false;
      const connection = headers.get('connection');
      return connection === undefined || known.size === 0 || known.has(connection.toString('latin1'));
    },
    holds: (event) => {
      if (event.project_id !== projectId || (connections.size > 0 && !connections.has(event.connection_id)))
        return false;
      const time = eventTime(event);
      return time >= from && time < to;
    },
  };
}
