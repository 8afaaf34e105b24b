import { ConfigResourceTypes, describeConfigsV4 } from '@platformatic/kafka';
import type { Cluster } from './cluster.ts';

/** `max.message.bytes` as Kafka ships. */
const defaultLimit = 1_048_588;
const forgetAfterMs = 60_000;

/** How large a batch each topic takes, as far as this client may know. */
export class TopicLimits {
  readonly #cluster: Cluster;
  readonly #known = new Map<string, { readonly bytes: number; readonly until: number }>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** A topic's `max.message.bytes`: Kafka's default where this client may not read configurations. */
  async maxBatchBytes(topic: string): Promise<number> {
    const known = this.#known.get(topic);
    if (known && performance.now() < known.until) return known.bytes;
    const bytes = (await this.#ask(topic)) ?? defaultLimit;
    this.#known.set(topic, { bytes, until: performance.now() + forgetAfterMs });
    return bytes;
  }

  /** A batch within the limit was refused: the limit is another one now. */
  forget(topic: string): void {
    this.#known.delete(topic);
  }

  async #ask(topic: string): Promise<number | undefined> {
    const answer = await this.#cluster.retrying('reading topic limits', async () =>
      this.#cluster.links.to(await this.#cluster.leaderOf(topic, 0)).callForEach(describeConfigsV4.api, [
        {
          resourceType: ConfigResourceTypes.TOPIC,
          resourceName: topic,
          configurationKeys: ['max.message.bytes'],
        },
      ]),
    );
    const value = answer.results[0]?.configs?.[0]?.value;
    return value ? Number(value) : undefined;
  }
}
