import type { AlertView } from '@tailrace/alert-rules/alert-view.ts';
import { toAlertView } from '@tailrace/alert-rules/alert-view.ts';
import type { Asker } from '@tailrace/http/access/caller.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { Kafka, Producer } from '@tailrace/kafka/kafka.ts';
import { topicRecord } from '@tailrace/kafka/topic-record.ts';
import type { StoredAlert } from '@tailrace/postgres/alerts/alert-search.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { LogDatabase } from '../stream/log-database.ts';

export interface AlertStoreOptions {
  readonly kafka: Kafka;
  readonly database: LogDatabase;
}

/** How long an answer waits for the sink to have stored that an alert was read. */
const storedWithinMs = 2000;
const lookEveryMs = 50;

/** Stored alerts, and the one thing that people do to them. */
export class AlertStore {
  readonly #options: AlertStoreOptions;
  #producer: Promise<Producer> | undefined;

  constructor(options: AlertStoreOptions) {
    this.#options = options;
  }

  /** @throws Problem 404 for an alert that the caller's projects do not have. */
  async find(id: string, projects: readonly string[], asker: Asker): Promise<StoredAlert> {
    const found = await this.#options.database.run(asker, 'alert', id);
    if (!found || !projects.includes(found.alert.project_id)) throw new Problem(404);
    return found;
  }

  /**
   * Notes that somebody has seen an alert: an event like every other of an alert, which the sink stores. The first reader
   * stays. Once Kafka has it, it is sure; the answer also waits a moment for it to be stored, so that who asks again
   * sees it.
   * @throws Problem 503 when Kafka does not take it: nothing has happened then, or it is noted a little later.
   */
  async markRead(id: string, projects: readonly string[], asker: Asker): Promise<AlertView> {
    const { alert, read } = await this.find(id, projects, asker);
    if (read) return toAlertView(alert, read);
    const reader = asker.caller.subject;
    const at = Date.now() * 1000;
    await this.#send({ ...alert, event: 'read', happened_at: at, read_by: reader });
    const deadline = Date.now() + storedWithinMs;
    while (Date.now() < deadline) {
      const stored = await this.find(id, projects, asker);
      if (stored.read) return toAlertView(stored.alert, stored.read);
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
    return toAlertView(alert, { by: reader, at });
  }

  async close(): Promise<void> {
    await (await this.#producer?.catch(() => undefined))?.close();
  }

  async #send(event: StoredAlert['alert']): Promise<void> {
    const { rule_id: rule, project_id: project } = event;
    // Only those who mark alerts need a producer.
    this.#producer ??= this.#options.kafka.producer();
    try {
      const producer = await this.#producer;
      await producer.send([topicRecord(topics.alerts, rule, event, { headers: { project } })]);
    } catch (cause) {
      const broken = this.#producer;
      this.#producer = undefined;
      void broken.then((producer) => producer.close()).catch(() => undefined);
      throw new Problem(503, { detail: 'Kafka does not take the mark now.', retryAfterSeconds: 2, cause });
    }
  }
}
