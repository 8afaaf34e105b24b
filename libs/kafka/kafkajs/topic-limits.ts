import { answerType } from './broker-error.ts';
import type { Cluster } from './cluster.ts';

const topicResource = 2;
const setting = 'max.message.bytes';

/** The largest record batch each topic takes. */
export class TopicLimits {
  readonly #cluster: Cluster;
  readonly #known = new Map<string, number>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Bytes; infinite where this principal may not ask, so that the broker decides. */
  async maxMessageBytes(topic: string): Promise<number> {
    const known = this.#known.get(topic);
    if (known !== undefined) return known;
    const asked = await this.#ask(topic);
    this.#known.set(topic, asked);
    return asked;
  }

  /** The limit as it is now: it may have been raised. */
  async refresh(topic: string): Promise<number> {
    this.#known.delete(topic);
    return this.maxMessageBytes(topic);
  }

  async #ask(topic: string): Promise<number> {
    const { connections, settings } = this.#cluster;
    const name = settings.naming.full(topic);
    const broker = await connections.any();
    const request = { resources: [{ type: topicResource, name, configNames: [setting] }] };
    try {
      const { resources } = await connections.call(broker, () => broker.describeConfigs(request));
      const value = resources[0]?.configEntries.find(({ configName }) => configName === setting)?.configValue;
      return value ? Number(value) : Number.POSITIVE_INFINITY;
    } catch (error) {
      if (answerType(error) === 'TOPIC_AUTHORIZATION_FAILED') return Number.POSITIVE_INFINITY;
      throw error;
    }
  }
}
