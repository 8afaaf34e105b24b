import { expect, it } from 'vitest';
import type { ProjectNames } from './project-names.ts';
import { writtenQuery } from './written-query.ts';

const names = {
  idOf: async (_kind: string, name: string) => {
    if (name === 'shop') return 'conn_1';
    throw new Error(`there is no connection ${name}`);
  },
} as unknown as ProjectNames;

it('a written query names connections by their ids, and leaves everything else as it was written', async () => {
  expect(await writtenQuery('-connection:shop OR x connection:s*', names)).toBe(
    '-connection:conn_1 OR x connection:s*',
  );
  expect(await writtenQuery('', names)).toBe('');
});

it('a written query refuses a query that is wrong, and a connection that does not exist', async () => {
  await expect(writtenQuery('a OR', names)).rejects.toThrow(
    'query, character 5: something to look for is missing here',
  );
  await expect(writtenQuery('connection:x', names)).rejects.toThrow('there is no connection x');
});
