import { expect, test } from 'vitest';
import { publishedFor } from './container-server.ts';

const bindings = { '9092/tcp': [{ HostPort: '9092' }] };

test.each(['localhost', '127.0.0.1', '::1'])(
  'a container of the engine at %s is reached from this machine alone',
  (host) => {
    expect(publishedFor(host, bindings)).toEqual({ '9092/tcp': [{ HostIp: '127.0.0.1', HostPort: '9092' }] });
  },
);

test('a container of an engine elsewhere is published where that engine is reached', () => {
  expect(publishedFor('172.17.0.1', bindings)).toEqual(bindings);
});
