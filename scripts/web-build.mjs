/**
 * Builds the web page when its sources differ from those of the last build. Run by `bootstrap.mjs`, on whatever Node the
 * machine has; Vite itself runs on the Node that npm brings.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** What a built page depends on: its own folder, the libraries it imports values from, and the versions of packages. */
export const SOURCES = [
  'apps/web',
  'libs/errors',
  'libs/http/client',
  'libs/http/contract',
  'libs/log-query',
  'libs/log-record',
  'package-lock.json',
];

/** A digest of every source's path and content. */
export function hashOfSources(project) {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap((source) => filesOf(join(project, source))).sort()) {
    hash.update(relative(project, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function filesOf(path) {
  if (/\.test\.tsx?$/.test(path)) return [];
  const stat = readdirOrUndefined(path);
  if (stat === undefined) return [path];
  return stat
    .filter((entry) => !['node_modules', 'dist'].includes(entry))
    .flatMap((entry) => filesOf(join(path, entry)));
}

function readdirOrUndefined(path) {
  try {
    return readdirSync(path);
  } catch (error) {
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

const stampOf = (project) => join(project, 'apps', 'web', 'dist', '.sources');

/** Whether the page in `apps/web/dist` is of these sources. The stamp is written last, so a build that broke off does not count. */
export function isBuilt(project) {
  const stamp = stampOf(project);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hashOfSources(project);
}

/**
 * @param run runs a program with arguments in a directory; resolves to its exit code
 * @returns whether there is a page of these sources now
 */
export async function buildWeb(project, run) {
  if (isBuilt(project)) return true;
  const wanted = hashOfSources(project);
  const node = join(project, 'node_modules', '.bin', 'node');
  const vite = join(project, 'node_modules', 'vite', 'bin', 'vite.js');
  const code = await run(node, [vite, 'build', join('apps', 'web'), '--logLevel', 'warn'], project);
  if (code !== 0) return false;
  writeFileSync(stampOf(project), wanted);
  return true;
}
