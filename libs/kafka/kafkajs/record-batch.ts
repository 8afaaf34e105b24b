/** Where things are in a record batch of magic 2 (KIP-98), bytes from its start. */
export const layout = {
  baseOffset: 0,
  batchLength: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

/** `batchLength` counts what comes behind itself. */
export const lengthCountsFrom: number = layout.leaderEpoch;
/** The checksum covers what comes behind itself. */
export const crcCoversFrom: number = layout.attributes;

export const magic = 2;

export const attributes = {
  compressionMask: 0b111,
  logAppendTime: 0b1000,
  transactional: 0b1_0000,
  control: 0b10_0000,
} as const;
