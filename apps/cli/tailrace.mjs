#!/usr/bin/env node
// The command's own Node may be older than the one the code is written for: npm's `node` package brings that one, and
// npm puts it first in PATH for `npx`. Run by its path instead, this starts it by hand.
import { spawn } from 'node:child_process';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
if (Number(process.versions.node.split('.')[0]) >= 24) {
  // Half of a short command's time goes into stripping types and compiling.
  enableCompileCache();
  await import(main);
} else {
  const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`tailrace: Node 24 is needed; run npm install first (${error.message})\n`);
    process.exit(2);
  });
  child.on('exit', (code, signal) => process.exit(signal === 'SIGINT' ? 130 : (code ?? 1)));
}
