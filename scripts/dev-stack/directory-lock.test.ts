import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDirectory } from './directory-lock.ts';
import { identityOf } from './process-identity.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('the lock of a directory refuses a directory that is in use, says by whom, and gives it after the release', () => {
  const release = lockDirectory(directory);
  expect(() => lockDirectory(directory)).toThrow(`in use by process ${process.pid}`);
  release();
  release();
  lockDirectory(directory)();
});

test('the lock of a directory takes over from a process that ended without a release', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  writeFileSync(join(directory, 'owner.json'), JSON.stringify(identityOf(child.pid ?? 0)));
  expect(() => lockDirectory(directory)).toThrow(`in use by process ${child.pid}`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockDirectory(directory)();
});

test('the lock of a directory takes over when the pid was given to another process since', () => {
  writeFileSync(join(directory, 'owner.json'), JSON.stringify({ pid: process.pid, startedAt: 'before the last boot' }));
  lockDirectory(directory)();
});

test('the lock of a directory takes over a note that a full disk left half written', () => {
  writeFileSync(join(directory, 'owner.json'), '{"pid":');
  lockDirectory(directory)();
});
