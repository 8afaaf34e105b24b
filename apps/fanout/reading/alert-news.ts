import type { ReadMark } from '@tailrace/alert-rules/alert-view.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';

export interface AlertNewsOptions {
  /** Who has read which of these alerts, of those that somebody has. */
  readonly lookUp: (ids: readonly string[]) => Promise<ReadonlyMap<string, ReadMark>>;
  /** Called when that cannot be said now: the alerts are sent as unread. */
  readonly onUnknown: (error: unknown) => void;
  /** Whether anybody would hear of a project. */
  readonly isWatched: (project: string) => boolean;
  readonly tell: (alert: Alert, read: ReadMark | null) => void;
  /** Alerts that are remembered. */
  readonly maxRemembered?: number;
}

/**
 * Sends what happens to alerts, each with who has read it, which only the event `read` itself says. What this process has
 * seen fired or read it knows; of an alert from before, the database is asked once. The events of one alert are sent in
 * order, and none that fires waits for the database.
 */
export class AlertNews {
  readonly #options: AlertNewsOptions;
  /** The least recently sent first; null for an alert that nobody has read. */
  readonly #marks = new Map<string, ReadMark | null>();
  #waiting: Alert[] = [];
  #asking = false;

  constructor(options: AlertNewsOptions) {
    this.#options = options;
  }

  take(alert: Alert): void {
    const { id, event, project_id: project } = alert;
    if (event === 'fired' || event === 'escalated') this.#remember(id, null);
    if (event === 'read') this.#remember(id, this.#marks.get(id) ?? markOf(alert));
    if (!this.#options.isWatched(project)) return;
    if (this.#marks.has(id) && !this.#waiting.some((each) => each.id === id)) this.#tell(alert);
    else {
      this.#waiting.push(alert);
      void this.#ask();
    }
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    while (this.#waiting.length > 0) {
      const count = this.#waiting.length;
      const unknown = new Set(this.#waiting.map(({ id }) => id).filter((id) => !this.#marks.has(id)));
      try {
        const found = unknown.size > 0 ? await this.#options.lookUp([...unknown]) : new Map<string, ReadMark>();
        // A `read` that came meanwhile is what is true now.
        for (const id of unknown) if (!this.#marks.has(id)) this.#remember(id, found.get(id) ?? null);
      } catch (error) {
        this.#options.onUnknown(error);
      }
      for (const alert of this.#waiting.splice(0, count)) this.#tell(alert);
    }
    this.#asking = false;
  }

  #tell(alert: Alert): void {
    const mark = this.#marks.get(alert.id);
    if (mark !== undefined) this.#remember(alert.id, mark);
    this.#options.tell(alert, mark ?? null);
  }

  #remember(id: string, mark: ReadMark | null): void {
    this.#marks.delete(id);
    this.#marks.set(id, mark);
    const [oldest] = this.#marks.keys();
    if (oldest !== undefined && this.#marks.size > (this.#options.maxRemembered ?? 10_000)) this.#marks.delete(oldest);
  }
}

function markOf({ read_by: by, happened_at: at }: Alert): ReadMark | null {
  return by === null ? null : { by, at };
}
