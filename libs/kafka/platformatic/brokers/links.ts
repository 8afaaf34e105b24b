import { ConnectionLostError } from '../../errors.ts';
import type { KafkaSettings } from '../../settings.ts';
import { type BrokerAddress, BrokerLink } from './broker-link.ts';
import type { SilentBrokers } from './silent-brokers.ts';

/** What links need to know of the cluster. */
interface AddressBook {
  readonly settings: KafkaSettings;
  readonly silentBrokers: Pick<SilentBrokers, 'answered'>;
  address(nodeId: number): BrokerAddress | undefined;
}

export interface LinksOptions {
  /** How long the longest request may take. */
  readonly requestTimeoutMs: number;
  /** How long requests let the broker wait before it answers, as a fetch does. */
  readonly waitMs: number;
  readonly onClose: () => void;
}

/** One user's links, one to each broker it talks to. */
export class Links {
  readonly #cluster: AddressBook;
  readonly #options: LinksOptions;
  readonly #links = new Map<number, BrokerLink>();
  #closed = false;

  constructor(cluster: AddressBook, options: LinksOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /** The link to a broker, under its present address. */
  to(nodeId: number): BrokerLink {
    if (this.#closed) throw new ConnectionLostError('this client is closed');
    const address = this.#cluster.address(nodeId);
    if (!address) throw new ConnectionLostError(`broker ${nodeId} is not known`);
    const known = this.#links.get(nodeId);
    if (known && known.address.host === address.host && known.address.port === address.port) return known;
    known?.close();
    const { settings, silentBrokers } = this.#cluster;
    const { requestTimeoutMs, waitMs } = this.#options;
    const link = new BrokerLink(address, settings, requestTimeoutMs, (asked, answer) =>
      silentBrokers.answered({ nodeId, link: asked, waitMs }, answer),
    );
    this.#links.set(nodeId, link);
    return link;
  }

  /** Ends every connection, and what waits on it. Links open again when they are used. */
  drop(): void {
    for (const link of this.#links.values()) link.drop();
  }

  /** Ends every connection and what waits on it. */
  close(): void {
    this.#closed = true;
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#options.onClose();
  }
}
