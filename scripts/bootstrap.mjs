/**
 * Runs before `npm start` and `npm test`: installs the packages of package-lock.json when node_modules differs from it,
 * and builds the web page when its sources changed. Otherwise it only compares and returns in a few milliseconds. Plain JavaScript with no dependency, because it runs on
 * whatever Node the machine has (18 or later); the scripts after it run on the Node that npm's `node` package brings.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildWeb } from './web-build.mjs';

const OLDEST_NODE = 18;
const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * What is wrong with node_modules, or undefined when it holds what package-lock.json says.
 * npm keeps a copy of what it really installed in node_modules/.package-lock.json and writes it last, so an install that
 * was interrupted, or one by hand (`npm i some-package`), is recognised without a stamp of our own.
 */
export function findMismatch(project) {
  const installedLock = join(project, 'node_modules', '.package-lock.json');
  if (!existsSync(installedLock)) return 'nothing is installed yet';
  const wanted = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedLock, 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith('node_modules/')) continue;
    const found = installed[path];
    // npm leaves out optional packages made for other platforms.
    if (found === undefined && entry.optional) continue;
    if (found === undefined) return `${path} is missing`;
    if (found.version !== entry.version || found.integrity !== entry.integrity) return `${path} has another version`;
  }
  return undefined;
}

/** The version of the Node that scripts get from node_modules/.bin, or undefined when it is missing or does not run. */
function projectNodeVersion(project) {
  try {
    return execFileSync(join(project, 'node_modules', '.bin', 'node'), ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** Says what a person can do about a failed install, from what npm printed. */
export function explainFailure(output) {
  if (/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT)\b/.test(output)) {
    return 'The npm registry cannot be reached. Check the network, the proxy and `npm config get registry`, then run the command again.';
  }
  if (/\b(ENOSPC|EDQUOT)\b/.test(output))
    return 'The disk is full: the packages need about 700 MB. Free some space and run the command again.';
  if (/\b(EACCES|EPERM|EROFS)\b/.test(output))
    return `No permission to write into ${PROJECT} or npm's cache. Make them writable for this user.`;
  if (/\b(E401|E403)\b/.test(output))
    return 'The npm registry refused access. Check `npm config get registry` and its login.';
  if (/\b(E404|ETARGET)\b/.test(output))
    return 'The npm registry lacks one of the packages. Check `npm config get registry`: a mirror may be incomplete.';
  if (/\bEUSAGE\b/.test(output))
    return 'package.json and package-lock.json differ. Run `npm install` once and commit both files.';
  if (/\bEBADENGINE\b/.test(output))
    return `This Node (${process.version}) or npm is too old. Install Node ${OLDEST_NODE} or later.`;
  return 'npm printed the reason above.';
}

/** Runs a command with its output shown, and resolves to its exit code and what it printed to stderr. */
function run(file, args, cwd) {
  return new Promise((resolve) => {
    // npm and its install scripts call `node`: they must find the one that runs now, not one that npm is replacing.
    const env = { ...process.env, PATH: dirname(process.execPath) + delimiter + (process.env.PATH ?? '') };
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'inherit', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
      process.stderr.write(chunk);
    });
    child.on('error', (error) => resolve({ code: 1, errors: `${errors}\n${error.message}` }));
    child.on('close', (code) => resolve({ code: code ?? 1, errors }));
  });
}

function npm(args, cwd) {
  const script = process.env.npm_execpath;
  return script ? run(process.execPath, [script, ...args], cwd) : run('npm', args, cwd);
}

function fail(message) {
  console.error(`\nTailrace is not installed. ${message}`);
  process.exit(1);
}

async function bootstrap() {
  await install();
  const built = await buildWeb(PROJECT, async (file, args, cwd) => (await run(file, args, cwd)).code);
  if (!built) fail('The web page could not be built, for the reason above.');
}

async function install() {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    fail(
      `This is Node ${process.version}; the installation needs Node ${OLDEST_NODE} or later. See https://nodejs.org/en/download.`,
    );
  }
  const mismatch = findMismatch(PROJECT);
  if (mismatch !== undefined) {
    console.log(`Installing packages with npm ci (${mismatch}); this takes about a minute and is done once.`);
    const started = Date.now();
    const { code, errors } = await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], PROJECT);
    if (code !== 0) fail(explainFailure(errors));
    console.log(`Packages installed in ${Math.round((Date.now() - started) / 1000)} s.`);
  }
  const wanted = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')).devDependencies.node;
  if (mismatch === undefined && existsSync(join(PROJECT, 'node_modules', 'node', 'bin', 'node'))) return;
  if (projectNodeVersion(PROJECT) === `v${wanted}`) return;
  // npm is configured not to run install scripts (`ignore-scripts`), so the `node` package has not fetched its binary.
  const { code, errors } = await run(
    process.execPath,
    ['installArchSpecificPackage.js'],
    join(PROJECT, 'node_modules', 'node'),
  );
  if (code !== 0 || projectNodeVersion(PROJECT) !== `v${wanted}`) {
    fail(
      `Node ${wanted} could not be fetched for this machine (${process.platform} ${process.arch}). ${explainFailure(errors)}`,
    );
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await bootstrap();
