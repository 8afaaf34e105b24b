import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { choosePort } from './ports.ts';

const portRange = '/proc/sys/net/ipv4/ip_local_port_range';
let file = '';
let occupied: Server;
let occupiedPort = 0;

beforeEach(async () => {
  file = join(mkdtempSync(join(tmpdir(), 'ports-')), 'new-folder', 'broker.port');
  occupied = createServer();
  await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve));
  occupiedPort = (occupied.address() as AddressInfo).port;
});
afterEach(() => {
  occupied.close();
  rmSync(join(file, '..', '..'), { recursive: true, force: true });
});

test('the choice of a port keeps the port of the last time', async () => {
  const first = await choosePort(file, 0);
  expect(await choosePort(file, occupiedPort)).toBe(first);
  expect(readFileSync(file, 'utf8')).toBe(String(first));
});

test('the choice of a port takes another port when the preferred one is taken, and notes it', async () => {
  const port = await choosePort(file, occupiedPort);
  expect(port).not.toBe(occupiedPort);
  expect(await choosePort(file, occupiedPort)).toBe(port);
});

test('the choice of a port takes another port when the noted one is taken', async () => {
  await choosePort(file, 0);
  writeFileSync(file, String(occupiedPort));
  expect(await choosePort(file, 0)).not.toBe(occupiedPort);
});

test('the choice of a port never gives a port that was promised to another', async () => {
  const first = await choosePort(file, 0);
  expect(await choosePort(file, first, [first])).not.toBe(first);
});

test.runIf(existsSync(portRange))(
  'chooses ports that no outgoing connection can be given while the server is down',
  async () => {
    const given = /^(\d+)/.exec(readFileSync(portRange, 'utf8'));
    expect(await choosePort(file, 0)).toBeLessThan(Number(given?.[1]));
  },
);

test('the choice of a port ignores a damaged note', async () => {
  await choosePort(file, 0);
  writeFileSync(file, 'not a port');
  expect(await choosePort(file, 0)).toBeGreaterThan(0);
});
