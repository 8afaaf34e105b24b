import { connectors } from '@tailrace/connectors/registry.ts';
import type { Connector } from '@tailrace/ingestion/contract/configure.ts';
import { expect, test } from 'vitest';
import { extended, extendedConnectors } from './extensions.ts';

interface Kind {
  readonly type: string;
  readonly by: string;
}

test('what an installation brings stands behind Tailrace’s own, or in the place of what has its name', () => {
  const builtIn = new Map(['a', 'b'].map((type) => [type, { type, by: 'tailrace' }]));
  const own = ['c', 'a'].map((type) => ({ type, by: 'installation' }));
  const kinds = extended<string, Kind>(builtIn, own, ({ type }) => type);
  expect([...kinds].map(([name, { by }]) => `${name} by ${by}`)).toEqual([
    'a by installation',
    'b by tailrace',
    'c by installation',
  ]);
  expect(extended<string, Kind>(builtIn, undefined, ({ type }) => type)).toBe(builtIn);
});

test('a connector of a provider that the schemas lack is refused, with what to do', () => {
  const aws = connectors.get('aws');
  if (aws === undefined) throw new Error('there is one');
  const unknown = { ...aws, provider: 'beacon' } as unknown as Connector;
  expect(() => extendedConnectors(connectors, { connectors: [unknown] })).toThrow(
    expect.objectContaining({
      message: 'there is no provider beacon: there are aws, azure, gcp',
      help: expect.stringContaining('docs/contributing/add-a-connector.md'),
    }),
  );
  expect(extendedConnectors(connectors, { connectors: [aws] }).get('aws')).toBe(aws);
});
