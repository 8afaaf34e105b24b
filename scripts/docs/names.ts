import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allSettings } from '../generate-settings-table.ts';
import { root } from './pages.ts';

/** A source file of the project, not generated. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Everything that is written in TypeScript, tests included. */
export function readSources(): readonly SourceFile[] {
  const exclude = (name: string) => name === 'node_modules' || name === 'dist' || name === 'generated';
  return globSync('{apps,libs,schemas,scripts,.config}/**/*.{ts,tsx,mjs,cjs}', { cwd: root, exclude })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** Variables that Node itself reads. */
const ofNode = ['NODE_EXTRA_CA_CERTS', 'NO_COLOR'];

/** Every environment variable that something here reads: settings, and those of tests, benchmarks and the command line. */
export async function environmentVariables(sources: readonly SourceFile[]): Promise<ReadonlySet<string>> {
  const settings = (await allSettings()).flatMap(({ variable }) => [variable, `${variable}_FILE`]);
  const read = sources.flatMap(({ text }) => [
    ...[...text.matchAll(/\b(?:env|environment)\.([A-Z][A-Z0-9_]+)\b/g)].map(([, name = '']) => name),
    ...[...text.matchAll(/'((?:AWS|AZURE|GCP)_TEST_[A-Z_]+)'/g)].map(([, name = '']) => name),
    ...[...text.matchAll(/\b([A-Z][A-Z0-9_]+)(?:: \w+ = '[^']*')?,? .{0,80}\} = process\.env\b/g)].map(
      ([, name = '']) => name,
    ),
  ]);
  return new Set([...settings, ...read, ...ofNode]);
}

/** Names of every metric that the code registers. */
export function metricNames(sources: readonly SourceFile[]): ReadonlySet<string> {
  const found = sources
    .filter(({ path }) => !path.endsWith('.test.ts'))
    .flatMap(({ text }) => [...text.matchAll(/name: '(tailrace_[a-z0-9_]+)'/g)].map(([, name = '']) => name));
  return new Set(found);
}
