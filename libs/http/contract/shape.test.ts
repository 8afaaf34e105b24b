import { expect, test } from 'vitest';
import { testLine } from '../client/test-line.ts';
import { misshapen, parseFrame } from './shape.ts';

const message = { status: 'ok', message: 'sent' };

test('an answer with everything that its description requires is taken, whatever else it holds', () => {
  expect(misshapen('GET connections/{id}', { connections: [], newer: 1 })).toBeUndefined();
  expect(misshapen('POST channels/{id}/test', { ...message, newer: {} })).toBeUndefined();
});

test.each([
  ['GET connections/{id}', {}, 'answer.id'],
  ['GET connections/{id}', null, 'answer'],
  ['GET connections/{id}', { connections: 'none' }, 'answer.id'],
  ['GET connections/{id}', { connections: [null] }, 'answer.id'],
  ['GET channel-types', { channel_types: [] }, undefined],
  [
    'GET channel-types',
    { channel_types: [{ channel_type: 'x', config_schema: {}, secret_fields: null }] },
    'answer.channel_types.0.secret_fields',
  ],
  [
    'GET channel-types',
    { channel_types: [{ channel_type: 'x', config_schema: {}, secret_fields: ['a', 1] }] },
    'answer.channel_types.0.secret_fields.1',
  ],
  ['POST channels/{id}/test', { ...message, message: 7 }, 'answer.message'],
  ['POST channels/{id}/test', { status: 'ok' }, 'answer.message'],
])('an answer to %s that lacks what is required is refused, with the place: %j', (operation, answer, place) => {
  expect(misshapen(operation, answer)).toBe(place);
});

test.each([
  [{ type: 'hello', cursor: 'c', project_id: 'shop' }],
  [{ type: 'logs', logs: [testLine({ id: 'a', level: null })], cursor: 'c' }],
  [{ type: 'logs', logs: [testLine({ id: 'a' })], fetched: true }],
  [{ type: 'gap', matched: null, from: 'a', to: 'b', reason: 'retention' }],
])('a frame of the server that has what its schema requires is taken: %j', (frame) => {
  expect(parseFrame(JSON.stringify(frame))).toEqual({ frame });
});

test.each([
  [{ type: 'hello' }, 'hello.cursor'],
  [{ type: 'logs', logs: [testLine({ id: 'a' }), { id: 'b' }] }, 'logs.logs.1.timestamp'],
  [{ type: 'gap', matched: '3', from: 'a', to: 'b', reason: 'retention' }, 'gap.matched'],
])('a frame of a known type that lacks what its schema requires is recognised, with the place: %j', (frame, wrong) => {
  expect(parseFrame(JSON.stringify(frame))).toEqual({ wrong });
});

test.each(['{"type":"newer"}', '{"type":7}', 'null', '[]', 'no JSON'])(
  'a frame of an unknown type, as a newer server may send it, is ignored: %s',
  (text) => {
    expect(parseFrame(text)).toEqual({ unknown: true });
  },
);
