import type { AwsEvent, AzureEvent, CloudEvent, GcpEvent } from './cloud-event.ts';
import { SortedEvents } from './sorted-events.ts';

function ascending(a: bigint | number | string, b: bigint | number | string): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}

/** CloudWatch's order: timestamp, ingestion time, then the order of the PutLogEvents requests. */
function compareAws(a: AwsEvent, b: AwsEvent): number {
  return (
    ascending(a.eventTime, b.eventTime) ||
    ascending(a.ingestionTime, b.ingestionTime) ||
    ascending(a.sequence, b.sequence)
  );
}

function compareAzure(a: AzureEvent, b: AzureEvent): number {
  return ascending(a.ingestionTime, b.ingestionTime) || ascending(a.id, b.id);
}

/** Cloud Logging's order: timestamp, ties by insertId. */
export function compareGcp(a: GcpEvent, b: GcpEvent): number {
  return ascending(a.eventTime, b.eventTime) || ascending(a.id, b.id) || ascending(a.sequence, b.sequence);
}

/** How much the clouds keep. The oldest events (by their place in the ledger) are forgotten first. */
export interface Retention {
  /** Events, over all clouds. */
  readonly maxEvents: number;
  /** Age by ingestion time. */
  readonly maxAgeMs: number;
}

/** What the clouds hold: events by source in each cloud's order, and all of them in the order they were emitted. */
export class EventStore {
  readonly #aws = new Map<string, SortedEvents<AwsEvent>>();
  readonly #azure = new Map<string, SortedEvents<AzureEvent>>();
  readonly #gcp = new Map<string, SortedEvents<GcpEvent>>();
  readonly #retention: Retention;
  #emitted: CloudEvent[] = [];

  constructor(retention: Retention) {
    this.#retention = retention;
  }

  /** All events still held, in the order they were emitted. */
  get emitted(): readonly CloudEvent[] {
    return this.#emitted;
  }

  add(events: readonly CloudEvent[]): void {
    for (const event of events) {
      this.#emitted.push(event);
      if (event.cloud === 'aws') this.awsGroup(event.scope, event.source).insert(event);
      else if (event.cloud === 'azure') this.azureTable(event.scope, event.source).insert(event);
      else this.gcpProject(event.scope).insert(event);
    }
  }

  awsGroup(accountAndRegion: string, group: string): SortedEvents<AwsEvent> {
    return shelf(this.#aws, `${accountAndRegion} ${group}`, compareAws);
  }

  azureTable(workspace: string, table: string): SortedEvents<AzureEvent> {
    return shelf(this.#azure, `${workspace} ${table}`, compareAzure);
  }

  /** A Google project's entries are one sequence over all its logs. */
  gcpProject(project: string): SortedEvents<GcpEvent> {
    return shelf(this.#gcp, project, compareGcp);
  }

  /** Forgets what is over the bounds. A tenth more than the bound is allowed before it works, so it works rarely. */
  prune(nowMs: number): void {
    const oldest = BigInt(Math.round(nowMs - this.#retention.maxAgeMs)) * 1_000_000n;
    const tooMany = this.#emitted.length > this.#retention.maxEvents * 1.1;
    const first = this.#emitted[0];
    const slackNs = BigInt(Math.round(this.#retention.maxAgeMs / 10)) * 1_000_000n;
    if (!tooMany && (first === undefined || first.ingestionTime >= oldest - slackNs)) return;
    const surplus = Math.max(0, this.#emitted.length - this.#retention.maxEvents);
    this.#emitted = this.#emitted.filter((event, index) => index >= surplus && event.ingestionTime >= oldest);
    const kept = new Set(this.#emitted);
    for (const shelves of [this.#aws, this.#azure, this.#gcp]) {
      for (const events of shelves.values()) events.remove((event: CloudEvent) => !kept.has(event));
    }
  }
}

function shelf<Event>(
  shelves: Map<string, SortedEvents<Event>>,
  key: string,
  compare: (a: Event, b: Event) => number,
): SortedEvents<Event> {
  let events = shelves.get(key);
  if (events === undefined) {
    events = new SortedEvents(compare);
    shelves.set(key, events);
  }
  return events;
}
