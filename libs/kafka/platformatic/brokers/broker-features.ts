import { apiVersionsV3, type Connection } from '@platformatic/kafka';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';

/** What of a cluster's features this driver adapts to. */
export interface BrokerFeatures {
  /**
   * Transactions as of KIP-890 part 2 (`transaction.version` 2, Kafka 4.0): each transaction gets an epoch of its own,
   * so a late request of one can never touch the next, and partitions join a transaction by being written to.
   */
  readonly epochPerTransaction: boolean;
}

/** The newest version this driver sends of each API that older brokers may lack. All are in Kafka 3.2. */
const needed: readonly (readonly [name: string, apiKey: number, version: number])[] = [
  ['Produce', 0, 9],
  ['Fetch', 1, 13],
  ['ListOffsets', 2, 7],
  ['Metadata', 3, 12],
  ['FindCoordinator', 10, 4],
  ['JoinGroup', 11, 9],
  ['OffsetFetch', 9, 8],
  ['InitProducerId', 22, 4],
  ['TxnOffsetCommit', 28, 3],
];

const features = new WeakMap<Connection, BrokerFeatures>();

/**
 * Asks a broker what it speaks (ApiVersions).
 * @throws TailraceError `kafka.broker_too_old`
 */
export async function checkBroker(connection: Connection): Promise<BrokerFeatures> {
  const known = features.get(connection);
  if (known) return known;
  const answer = await apiVersionsV3.api.async(connection, 'tailrace', '1');
  const missing = needed.find(([, apiKey, version]) => {
    const offered = answer.apiKeys.find((api) => api.apiKey === apiKey);
    return !offered || offered.maxVersion < version || offered.minVersion > version;
  });
  if (missing) {
    throw new TailraceError(`the broker does not speak ${missing[0]} version ${missing[2]}`, {
      code: 'kafka.broker_too_old',
      remedy: 'give-up',
      help: 'Tailrace needs Apache Kafka 3.2 or newer, or a broker that speaks the same protocol versions.',
    });
  }
  const transactionVersion = answer.finalizedFeatures?.find(({ name }) => name === 'transaction.version');
  const found = { epochPerTransaction: (transactionVersion?.maxVersionLevel ?? 0) >= 2 };
  features.set(connection, found);
  return found;
}
