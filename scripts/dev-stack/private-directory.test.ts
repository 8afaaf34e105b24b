import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDirectory } from './directory-lock.ts';
import { makePrivate } from './private-directory.ts';

let parent = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'private-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

const rightsOfOthers = (path: string) => statSync(path).mode & 0o066;

test('nobody else can read or list a directory of ours, also one that was made open', () => {
  const directory = join(parent, '.tailrace');
  mkdirSync(directory, { mode: 0o777 });
  makePrivate(directory);
  expect(rightsOfOthers(directory)).toBe(0);
});

test('a directory that is locked is private, and so is what says whose it is', () => {
  const directory = join(parent, 'kafka');
  const release = lockDirectory(directory);
  expect([rightsOfOthers(directory), rightsOfOthers(join(directory, 'owner.json'))]).toEqual([0, 0]);
  release();
});

test('a file that is made without rights of its own is still only in a private directory', () => {
  const directory = join(parent, 'simulator');
  makePrivate(directory);
  writeFileSync(join(directory, 'ledger.json'), '{}');
  expect(rightsOfOthers(directory)).toBe(0);
});
