import { once } from 'node:events';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startReceiver } from '../test-receiver.ts';
import { addressPolicy, isPublicAddress } from './address-policy.ts';
import type { Resolve } from './guarded-lookup.ts';
import { openOutgoing, refusalOf } from './outgoing.ts';

const get = { method: 'GET', headers: {}, signal: new AbortController().signal } as const;

describe('an address that a person gives', () => {
  const policy = addressPolicy(['mail.internal:25', '10.1.2.3:8443']);

  it.each([
    'https://hooks.slack.com/services/T/B/x',
    'https://hooks.example:8443/x?y=1',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'smtp://mail.example:587',
    'smtp://mail.internal:25',
    'https://10.1.2.3:8443/x',
    'http://10.1.2.3:8443/x',
  ])('%s may be called', (url) => expect(policy.refusal(url)).toBeUndefined());

  it.each([
    'http://hooks.example/',
    'ftp://hooks.example/',
    'file:///etc/passwd',
    'gopher://hooks.example/',
    'javascript:alert(1)',
    'data:text/plain,x',
    'https://',
    'hooks.example',
    'https://user@hooks.example/',
    'https://user:password@hooks.example/',
    'https://hooks.example#@10.0.0.1/',
    'https://hooks.example\\@10.0.0.1/',
    'https:// hooks.example/',
    'https://localhost/',
    'https://localhost./',
    'https://metadata/',
    'https://db.internal/',
    'https://printer.local/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://0/',
    'https://10.0.0.1/',
    'https://10.1.2.3/',
    'https://10.1.2.3:8444/',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
    'https://192.168.0.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://192.0.2.1/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://240.0.0.1/',
    'https://255.255.255.255/',
    'https://[::]/',
    'https://[::1]/',
    'https://[fe80::1]/',
    'https://[fc00::1]/',
    'https://[fd12:3456::1]/',
    'https://[ff02::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:a00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:db8::1]/',
    'smtp://127.0.0.1:25',
    'smtp://[::1]:25',
    'smtp://2130706433:25',
    'smtp://localhost:25',
    'smtp://mail.internal:26',
  ])('%s may not', (url) => expect(policy.refusal(url)).toMatch(/\w/));

  it('in whatever notation: an IPv4 address within a private range is refused', () => {
    const notations = [
      (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.'),
      (n: number) => String(n),
      (n: number) => `0x${n.toString(16)}`,
      (n: number) => `0${(n >>> 24).toString(8)}.0${((n >>> 16) & 255).toString(8)}.${n & 0xffff}`,
      (n: number) => `[::ffff:${(n >>> 16).toString(16)}:${(n & 0xffff).toString(16)}]`,
    ];
    const ranges = [
      [0x7f000000, 0xffffff],
      [0x0a000000, 0xffffff],
      [0xac100000, 0xfffff],
      [0xc0a80000, 0xffff],
      [0xa9fe0000, 0xffff],
    ] as const;
    const address = fc.constantFrom(...ranges).chain(([from, size]) => fc.nat(size).map((n) => (from + n) >>> 0));
    fc.assert(
      fc.property(address, fc.constantFrom(...notations), (n, notation) => {
        expect(policy.refusal(`https://${notation(n)}/`), notation(n)).toBeDefined();
      }),
    );
  });

  it('is distinguished from public ones by its range alone', () => {
    expect(['1.1.1.1', '2606:4700::1111', '::ffff:1.1.1.1'].map(isPublicAddress)).toEqual([true, true, true]);
    expect(['127.0.0.1', '::ffff:10.0.0.1', 'nonsense', ''].map(isPublicAddress)).toEqual([false, false, false, false]);
  });
});

describe('what is called', () => {
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());
  const port = () => receiver.host.split(':')[1];
  const open = (resolve?: Resolve, allowlist: readonly string[] = [], timeoutMs = 500) =>
    openOutgoing({ allowlist, timeoutMs, ...(resolve && { resolve }) });

  it('is the address that was checked: a name that turns private between two lookups is not called', async () => {
    const answers = ['93.184.215.14', '127.0.0.1'];
    const asked: string[] = [];
    const rebinding: Resolve = (name, _, callback) => {
      asked.push(name);
      callback(null, [{ address: answers[asked.length - 1] ?? '127.0.0.1', family: 4 }]);
    };
    const outgoing = open(rebinding);
    const url = `https://rebinding.example:${port()}/`;
    // The first time it is public; where it leads to nobody answers, and nobody else is asked.
    await expect(outgoing.request(url, get)).rejects.toMatchObject({ failure: 'unreachable' });
    await expect(outgoing.request(url, get)).rejects.toMatchObject({
      failure: 'channel_refused',
      message: 'rebinding.example resolves to 127.0.0.1, which is not a public address',
    });
    await expect(outgoing.connect('rebinding.example', Number(port()), get.signal)).rejects.toMatchObject({
      failure: 'channel_refused',
    });
    expect(asked).toHaveLength(3);
    expect(receiver.received).toEqual([]);
  });

  it('is nothing where one of a name’s addresses is private', async () => {
    const both: Resolve = (_name, _options, callback) =>
      callback(null, [
        { address: '93.184.215.14', family: 4 },
        { address: '::1', family: 6 },
      ]);
    await expect(open(both).request('https://both.example/', get)).rejects.toMatchObject({
      failure: 'channel_refused',
    });
  });

  it('is not where a redirect leads', async () => {
    receiver.react(({ path }) => (path === '/a' ? { status: 307, headers: { location: '/b' } } : { status: 200 }));
    const answer = await open(undefined, [receiver.host], 10_000).request(`${receiver.url}/a`, get);
    expect(answer.status).toBe(307);
    expect(refusalOf(answer)).toMatchObject({ failure: 'channel_refused' });
    expect(receiver.received).toHaveLength(1);
  });

  it('may answer much, slowly, or nothing', async () => {
    receiver.react(() => ({ status: 200, body: 'x'.repeat(10_000_000) }));
    expect((await open(undefined, [receiver.host], 10_000).request(receiver.url, get)).body).toHaveLength(64 * 1024);
    const outgoing = open(undefined, [receiver.host]);
    for (const reaction of ['hang', 'cut'] as const) {
      receiver.react(() => reaction);
      await expect(outgoing.request(receiver.url, get)).rejects.toMatchObject({ failure: 'unreachable' });
    }
    const quick = AbortSignal.timeout(20);
    receiver.react(() => 'hang');
    await expect(outgoing.request(receiver.url, { ...get, signal: quick })).rejects.toMatchObject({
      message: expect.stringContaining('given up on'),
    });
  });

  it('may be no server at all', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const address = closed.address();
    const at = typeof address === 'object' && address ? address.port : 0;
    closed.close();
    await once(closed, 'close');
    const outgoing = open(undefined, [`127.0.0.1:${at}`]);
    await expect(outgoing.request(`http://127.0.0.1:${at}/`, get)).rejects.toMatchObject({ failure: 'unreachable' });
    await expect(outgoing.connect('127.0.0.1', at, get.signal)).rejects.toMatchObject({ failure: 'unreachable' });
  });
});

it.each([
  [200, undefined, undefined],
  [204, undefined, undefined],
  [302, 'channel_refused', 'give-up'],
  [400, 'message_refused', 'give-up'],
  [401, 'channel_refused', 'give-up'],
  [404, 'channel_refused', 'give-up'],
  [408, 'unreachable', 'retry'],
  [410, 'channel_refused', 'give-up'],
  [413, 'message_refused', 'give-up'],
  [422, 'message_refused', 'give-up'],
  [429, 'busy', 'retry'],
  [500, 'unreachable', 'retry'],
  [503, 'busy', 'retry'],
])('status %i means %s: %s', (status, failure, remedy) => {
  const refusal = refusalOf({ status, headers: { 'retry-after': '7' }, body: 'said\r\nso \u001b[31m with hunter2' }, [
    'hunter2',
  ]);
  expect([refusal?.failure, refusal?.remedy]).toEqual([failure, remedy]);
  if (remedy === 'retry') expect(refusal?.retryAfterMs).toBe(7000);
  if (refusal) expect(refusal.message).toContain(`${status} said so [31m with [redacted]`);
});
