import { describe, expect, test } from 'vitest';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './consumer-protocol.ts';

const partitions = [
  { topic: 'logs', partition: 0 },
  { topic: 'logs', partition: 5 },
  { topic: 'grüße', partition: 1 },
];

describe("Kafka's consumer protocol", () => {
  test('brings a subscription through', () => {
    const subscription = { topics: ['logs', 'grüße'], owned: partitions, generationId: 12 };
    expect(decodeSubscription(encodeSubscription(subscription))).toEqual(subscription);
  });

  test('has the bytes that other clients write', () => {
    const subscription = encodeSubscription({
      topics: ['ab'],
      owned: [{ topic: 'ab', partition: 1 }],
      generationId: 3,
    });
    const expected = [
      '0002',
      '00000001',
      '0002',
      '6162',
      'ffffffff',
      '00000001',
      '0002',
      '6162',
      '00000001',
      '00000001',
      '00000003',
    ];
    expect(subscription.toString('hex')).toBe(expected.join(''));
  });

  test('reads a subscription of the first version, which says nothing of what is owned', () => {
    const first = Buffer.from(['0000', '00000001', '0002', '6162', '00000002', 'beef'].join(''), 'hex');
    expect(decodeSubscription(first)).toEqual({ topics: ['ab'], owned: [], generationId: -1 });
  });

  test('brings an assignment through, also an empty one', () => {
    expect(decodeAssignment(encodeAssignment(partitions))).toEqual(partitions);
    expect(decodeAssignment(encodeAssignment([]))).toEqual([]);
    expect(decodeAssignment(Buffer.alloc(0))).toEqual([]);
  });

  test('refuses what is cut short', () => {
    const whole = encodeSubscription({ topics: ['logs'], owned: partitions, generationId: 1 });
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeSubscription(whole.subarray(0, length))).toThrow(RangeError);
    }
  });
});
