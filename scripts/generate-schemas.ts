import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { canonicalForm } from '@tailrace/avro/schema/canonical-form.ts';
import { fingerprintOf } from '@tailrace/avro/schema/fingerprint.ts';
import { resolve } from '@tailrace/avro/schema/resolution.ts';
import { parseRecordSchema, parseSchema, type Schema, SchemaError } from '@tailrace/avro/schema/schema.ts';
import { cloudEvents } from '@tailrace/connectors/clouds.ts';
import { generateModules } from './schema-code/modules.ts';
import { fileOf } from './schema-code/names.ts';
import { withProviders } from './schema-code/providers.ts';
import type { SchemaSource } from './schema-code/record-module.ts';

/**
 * `node scripts/generate-schemas.ts` reads schemas/*.avsc and writes
 * - schemas/*.avsc: the providers of every cloud of libs/connectors/clouds.ts, where they are missing;
 * - schemas/generated/<name>.ts: the record's interface and codec;
 * - schemas/history/<name>/<fingerprint>.avsc: each version there ever was, the current one among them, in canonical
 *   form. Bytes of these versions stay readable, so a change that cannot read them is refused.
 */
const root = join(import.meta.dirname, '..');
const schemas = join(root, 'schemas');

/** Every file that belongs under schemas/ by its path there, formatted. @throws SchemaError for an incompatible change. */
export function generate(): Map<string, string> {
  const files = new Map<string, string>();
  const sources = readdirSync(schemas)
    .filter((file) => file.endsWith('.avsc'))
    .sort()
    .map(readSource);
  for (const source of sources) {
    requireReadable(source);
    files.set(basename(source.path), source.text);
    const form = canonicalForm(source.schema);
    files.set(historyFile(basename(source.path, '.avsc'), fingerprintOf(form)), formatJson(form));
  }
  for (const [file, code] of generateModules(sources)) files.set(`generated/${file}`, formatted(file, code));
  return files;
}

function readSource(file: string): SchemaSource {
  const path = `schemas/${file}`;
  const text = withProviders(
    readFileSync(join(schemas, file), 'utf8'),
    cloudEvents.map(({ provider }) => provider),
  );
  const schema = parseRecordSchema(text);
  const expected = fileOf(schema.name).replace(/ts$/, 'avsc');
  if (file !== expected) throw new SchemaError(`${path} defines ${schema.name} and must be called ${expected}`);
  return { path, text, schema, history: readHistory(basename(file, '.avsc'), fingerprintOf(canonicalForm(schema))) };
}

function readHistory(name: string, current: string): Map<string, string> {
  const history = new Map<string, string>();
  for (const file of listed(join(schemas, 'history', name))) {
    const fingerprint = basename(file, '.avsc');
    if (fingerprint === current) continue;
    history.set(fingerprint, canonicalForm(parseSchema(readFileSync(join(schemas, 'history', name, file), 'utf8'))));
  }
  return history;
}

/** Refuses a change that leaves anything unreadable that an earlier version wrote. @throws SchemaError */
export function requireReadable({ path, schema, history }: Pick<SchemaSource, 'path' | 'schema' | 'history'>): void {
  for (const [fingerprint, form] of history) {
    const problems = problemsReading(parseSchema(form), schema);
    if (problems.length === 0) continue;
    const old = `schemas/${historyFile(basename(path, '.avsc'), fingerprint)}`;
    throw new SchemaError(
      `${path} cannot read what ${old} wrote: ${problems.join('; ')}. Give new fields a default, keep symbols and types, ` +
        `rename with aliases; or delete ${old} if no record of that version exists anywhere.`,
    );
  }
}

function problemsReading(old: Schema, current: Schema): readonly string[] {
  try {
    return resolve(old, current).gaps;
  } catch (error) {
    if (error instanceof SchemaError) return [error.message];
    throw error;
  }
}

function historyFile(name: string, fingerprint: string): string {
  return `history/${name}/${fingerprint}.avsc`;
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function formatJson(text: string): string {
  return `${JSON.stringify(JSON.parse(text), undefined, 2)}\n`;
}

/** Formats and sorts imports as the linter wants it, so that generated code needs no exception. */
function formatted(file: string, code: string): string {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const arguments_ = [
    'check',
    '--write',
    '--config-path',
    join(root, '.config'),
    '--stdin-file-path',
    join(schemas, 'generated', file),
  ];
  return execFileSync(process.execPath, [biome, ...arguments_], { input: code, encoding: 'utf8', cwd: root });
}

if (import.meta.main) {
  const files = generate();
  for (const file of listed(join(schemas, 'generated'))) {
    if (!files.has(`generated/${file}`)) rmSync(join(schemas, 'generated', file));
  }
  for (const [file, text] of files) {
    mkdirSync(join(schemas, file, '..'), { recursive: true });
    writeFileSync(join(schemas, file), text);
  }
}
