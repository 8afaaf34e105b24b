import { msOf } from '../instant.ts';
import type { AwsEvent } from '../store/cloud-event.ts';

/** What DescribeLogStreams returns for a stream. */
export interface LogStream {
  readonly name: string;
  readonly creationTime: number;
  firstEventTime: number;
  lastEventTime: number;
  lastIngestionTime: number;
}

export interface LogGroup {
  readonly name: string;
  readonly creationTime: number;
  readonly streams: Map<string, LogStream>;
}

/** Stream times are eventually consistent in CloudWatch, usually within the hour: what is shown stays this long. */
const shownForMs = 30 * 60_000;

/** Which log groups and streams exist, by account and region. A group is there once declared or written to. */
export class LogGroups {
  readonly #groups = new Map<string, Map<string, LogGroup>>();

  declare(accountAndRegion: string, name: string, nowMs: number): LogGroup {
    const groups = this.#groups.get(accountAndRegion) ?? new Map<string, LogGroup>();
    this.#groups.set(accountAndRegion, groups);
    const group = groups.get(name) ?? { name, creationTime: nowMs, streams: new Map() };
    groups.set(name, group);
    return group;
  }

  /** Takes note of a written event. */
  note(event: AwsEvent): void {
    const eventTime = msOf(event.eventTime);
    const ingestionTime = msOf(event.ingestionTime);
    const { streams } = this.declare(event.scope, event.source, ingestionTime);
    const stream = streams.get(event.stream);
    if (stream === undefined) {
      streams.set(event.stream, {
        name: event.stream,
        creationTime: ingestionTime,
        firstEventTime: eventTime,
        lastEventTime: eventTime,
        lastIngestionTime: ingestionTime,
      });
    } else if (ingestionTime >= stream.lastIngestionTime + shownForMs) {
      stream.firstEventTime = Math.min(stream.firstEventTime, eventTime);
      stream.lastEventTime = Math.max(stream.lastEventTime, eventTime);
      stream.lastIngestionTime = ingestionTime;
    }
  }

  find(accountAndRegion: string, name: string): LogGroup | undefined {
    return this.#groups.get(accountAndRegion)?.get(name);
  }

  /** By name. */
  list(accountAndRegion: string): LogGroup[] {
    const groups = this.#groups.get(accountAndRegion)?.values() ?? [];
    return [...groups].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
