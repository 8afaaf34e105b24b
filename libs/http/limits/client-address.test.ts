import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { clientAddress, comesFromInside, limitKey } from './client-address.ts';

function request(remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
  return Object.assign(new IncomingMessage(socket), { headers });
}

test.each([
  [0, '203.0.113.9, 198.51.100.7', '10.0.0.1'],
  [1, '203.0.113.9, 198.51.100.7', '198.51.100.7'],
  [2, '203.0.113.9, 198.51.100.7', '203.0.113.9'],
  [5, '198.51.100.7', '198.51.100.7'],
  [1, ' , ', '10.0.0.1'],
])('behind %i proxies, X-Forwarded-For: %s means %s', (hops, forwarded, expected) => {
  expect(clientAddress(request('10.0.0.1', { 'x-forwarded-for': forwarded }), hops)).toBe(expected);
});

test('an IPv6 customer counts once, however many addresses they choose from', () => {
  expect(limitKey('2001:db8:1:2::1')).toBe(limitKey('2001:db8:1:2:ffff::9'));
  expect(limitKey('2001:db8:1:2::1')).not.toBe(limitKey('2001:db8:1:3::1'));
  expect(limitKey('::ffff:192.0.2.1')).toBe(limitKey('192.0.2.1'));
  expect(limitKey('<script>')).toBe(limitKey(''));
});

test.each([
  ['127.0.0.1', true],
  ['::1', true],
  ['::ffff:10.1.2.3', true],
  ['100.64.0.1', true],
  ['fd00::1', true],
  ['8.8.8.8', false],
  ['2606:4700::1', false],
  ['', false],
])('a request from %s comes from inside: %s', (address, expected) => {
  expect(comesFromInside(request(address))).toBe(expected);
});

test.each(['x-forwarded-for', 'forwarded'])('a request with %s came through a proxy, so not from inside', (header) => {
  expect(comesFromInside(request('10.0.0.1', { [header]: '10.0.0.2' }))).toBe(false);
});
