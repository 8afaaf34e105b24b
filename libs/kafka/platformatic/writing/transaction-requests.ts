import { type API, createAPI, endTxnV3, type Reader, txnOffsetCommitV3 } from '@platformatic/kafka';
import { BrokerRefusal } from '../failure.ts';
import type { ProducerIdentity } from './record-sender.ts';

/**
 * EndTxn of KIP-890: the answer brings the epoch of the next transaction.
 * @returns undefined where the broker gave none.
 */
export const endTransactionGettingEpoch: API<[string, bigint, number, boolean], ProducerIdentity | undefined> =
  createAPI(26, 5, endTxnV3.createRequest, (_correlationId, _apiKey, _version, reader: Reader) => {
    reader.readInt32();
    const errorCode = reader.readInt16();
    if (errorCode !== 0) throw BrokerRefusal.of(errorCode, 'ending a transaction');
    const producerId = reader.readInt64();
    const epoch = reader.readInt16();
    return producerId < 0n ? undefined : { producerId, epoch };
  });

/** TxnOffsetCommit of KIP-890: adds the group to the transaction itself. */
export const commitOffsetsAddingGroup: API<
  Parameters<typeof txnOffsetCommitV3.createRequest>,
  txnOffsetCommitV3.TxnOffsetCommitResponse
> = createAPI(28, 5, txnOffsetCommitV3.createRequest, txnOffsetCommitV3.parseResponse);
