import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const connectors = join(import.meta.dirname, '../../connectors');
const folders = readdirSync(connectors, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
  .map(({ name }) => name);

describe('every connector folder', () => {
  it.each(folders)('%s runs the conformance suite', (folder) => {
    const tests = readdirSync(join(connectors, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.test\.ts$/.test(file) && !file.includes('node_modules'))
      .map((file) => readFileSync(join(connectors, folder, file), 'utf8'));
    const calls = tests.some(
      (text) => /^connectorConformance\(/m.test(text) && text.includes("from '@tailrace/ingestion/conformance.ts'"),
    );
    expect(calls, `libs/connectors/${folder} has no test that calls connectorConformance(name, setup)`).toBe(true);
  });

  it('is seen', () => {
    expect(folders).toContain('aws-cloudwatch');
  });
});
