import { testRecord } from '@tailrace/postgres/test-records.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { expect, it } from 'vitest';
import { DifferenceCount } from './differences.ts';

const row = testRecord(1, { attributes: { route: '/cart', user: 'ann' } });

it('the list of differences counts each kind and each field of a record once, and shows both sides only where they differ', () => {
  const differences = new DifferenceCount(null);
  const attributes = { route: '/cart/7', order: '7' };
  differences.add({ ...row, severity_number: 17, severity_text: 'ERROR', parser: 'json', attributes }, row);
  differences.add({ ...row }, row);
  expect(differences.sum).toEqual({
    unchanged: 1,
    changed: 1,
    missing: 0,
    applicable: 0,
    kinds: { severity_changed: 1, parser_changed: 1, attribute_changed: 1, attribute_removed: 1, attribute_added: 1 },
    fields: {
      severity_number: 1,
      severity_text: 1,
      parser: 1,
      'attributes.route': 1,
      'attributes.user': 1,
      'attributes.order': 1,
    },
    examples: [
      expect.objectContaining({
        old: {
          severity_number: '9',
          severity_text: 'INFO',
          parser: 'plain',
          'attributes.route': '/cart',
          'attributes.user': 'ann',
        },
        new: {
          severity_number: '17',
          severity_text: 'ERROR',
          parser: 'json',
          'attributes.route': '/cart/7',
          'attributes.order': '7',
        },
      }),
    ],
  });
});

it('the list of differences takes no other position, time of reading, version or replay for a difference', () => {
  const differences = new DifferenceCount(null);
  const again = { raw_partition: 5, raw_offset: 99, ingest_timestamp: 7, normaliser_version: 2, replay_id: 'rpl_1' };
  differences.add({ ...row, ...again }, row);
  expect(differences.sum).toMatchObject({ unchanged: 1, changed: 0, applicable: 1, kinds: {} });
});

it('the list of differences goes on from what was found before', () => {
  const first = new DifferenceCount(null);
  first.add(row, undefined);
  const second = new DifferenceCount(first.sum);
  second.add({ ...row, body: 'other' }, row);
  expect(second.sum).toMatchObject({ missing: 1, changed: 1, applicable: 1, kinds: { missing: 1, body_changed: 1 } });
});

it('the list of differences stays small enough for its topic whatever there is to compare', () => {
  const differences = new DifferenceCount(null);
  for (let index = 0; index < 500; index += 1) {
    const names = Array.from({ length: 300 }, (_, field) => [`field-${index}-${field}`, 'x'.repeat(20_000)]);
    differences.add({ ...row, attributes: Object.fromEntries(names), body: 'y'.repeat(200_000) }, row);
  }
  const { fields, examples, changed } = differences.sum;
  expect([changed, examples.length]).toEqual([500, 20]);
  expect(Object.keys(fields).length).toBeLessThanOrEqual(201);
  const size = JSON.stringify(differences.sum).length;
  expect(size).toBeLessThan(Number(topics.replays.config['max.message.bytes']) / 4);
});
