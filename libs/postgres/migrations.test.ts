import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** A database that applied another text of one of these refuses to start: add a line for a new file, and change no other. */
const checksums: Readonly<Record<string, string>> = {
  '001-logs.native.sql': '70961f29682c8718a12c033441ee2f9cb319414ecee15709ec1e117615d97d3e',
  '001-logs.timescaledb.sql': '2f1319f07de6f34411ac03732b91d6b81907e4f923e6325d52ba6b97171ef371',
  '002-sink-offsets.sql': '8caa4555b405cc7befa5210f4d380cbb2216720687df9943bc9caa519ee87e5e',
  '003-used-tickets.sql': 'a079e92c0831c764beda4c88272c8c5c858ad601bffcd4bd74cded15ad424a46',
  '004-alerts.sql': 'd4ee5c1b577eba28af40706593093e9d80268743953eae62c5cc686b14ece7ae',
};

test('a migration that databases have applied keeps its text, comments included', () => {
  const folder = join(import.meta.dirname, 'migrations');
  const found = readdirSync(folder)
    .sort()
    .map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name), 'utf8'))
        .digest('hex'),
    ]);
  expect(Object.fromEntries(found)).toEqual(checksums);
});
