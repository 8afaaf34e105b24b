import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { explainFailure, findMismatch } from './bootstrap.mjs';

let project = '';

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'bootstrap-'));
  mkdirSync(join(project, 'node_modules'));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

function wanted(packages: Record<string, object>): void {
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ packages: { '': { name: 'x' }, ...packages } }));
}
function installed(packages: Record<string, object>): void {
  writeFileSync(join(project, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
}

const pg = { version: '8.0.0', integrity: 'sha512-a' };

test('bootstrap accepts node_modules that hold what the lock file says', () => {
  wanted({ 'node_modules/pg': pg, 'apps/api': { version: '0.1.0' } });
  installed({ 'node_modules/pg': pg, 'apps/api': { version: '0.1.0' } });
  expect(findMismatch(project)).toBeUndefined();
});

test('bootstrap accepts that optional packages of other platforms are missing', () => {
  wanted({ 'node_modules/pg': pg, 'node_modules/only-on-a-mac': { version: '1.0.0', optional: true } });
  installed({ 'node_modules/pg': pg });
  expect(findMismatch(project)).toBeUndefined();
});

test('bootstrap sees a fresh clone, a missing package, another version and other content', () => {
  wanted({ 'node_modules/pg': pg });
  expect(findMismatch(project)).toBe('nothing is installed yet');
  installed({});
  expect(findMismatch(project)).toBe('node_modules/pg is missing');
  installed({ 'node_modules/pg': { ...pg, version: '7.0.0' } });
  expect(findMismatch(project)).toBe('node_modules/pg has another version');
  installed({ 'node_modules/pg': { ...pg, integrity: 'sha512-b' } });
  expect(findMismatch(project)).toBe('node_modules/pg has another version');
});

test.each([
  ['npm error code EAI_AGAIN', /registry cannot be reached/],
  ['npm error code ENOSPC', /disk is full/],
  ['npm error code EACCES', /permission/],
  ['npm error code E401', /refused access/],
  ['npm error code ETARGET', /lacks one of the packages/],
  ['npm error code EUSAGE', /package-lock.json differ/],
  ['npm error something else', /reason above/],
])('bootstrap explains %s', (output, explanation) => {
  expect(explainFailure(output)).toMatch(explanation);
});

test('bootstrap does nothing and says nothing when everything is installed', () => {
  const output = execFileSync(process.execPath, [join(import.meta.dirname, 'bootstrap.mjs')], { encoding: 'utf8' });
  expect(output).toBe('');
});
