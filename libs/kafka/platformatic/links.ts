import { ConnectionLostError } from '../errors.ts';
import type { KafkaSettings } from '../settings.ts';
import { type BrokerAddress, BrokerLink } from './broker-link.ts';

/** What links need to know of the cluster. */
interface AddressBook {
  readonly settings: KafkaSettings;
  address(nodeId: number): BrokerAddress | undefined;
}

/** One user's links, one to each broker it talks to. */
export class Links {
  readonly #cluster: AddressBook;
  readonly #requestTimeoutMs: number;
  readonly #links = new Map<number, BrokerLink>();
  readonly #onClose: () => void;
  #closed = false;

  constructor(cluster: AddressBook, requestTimeoutMs: number, onClose: () => void) {
    this.#cluster = cluster;
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#onClose = onClose;
  }

  /** The link to a broker, under its present address. */
  to(nodeId: number): BrokerLink {
    if (this.#closed) throw new ConnectionLostError('this client is closed');
    const address = this.#cluster.address(nodeId);
    if (!address) throw new ConnectionLostError(`broker ${nodeId} is not known`);
    const known = this.#links.get(nodeId);
    if (known && known.address.host === address.host && known.address.port === address.port) return known;
    known?.close();
    const link = new BrokerLink(address, this.#cluster.settings, this.#requestTimeoutMs);
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
    this.#onClose();
  }
}
