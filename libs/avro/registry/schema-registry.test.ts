import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { RegistryUnavailableError, SchemaRejectedError } from '../errors.ts';
import { SchemaRegistry } from './schema-registry.ts';
import { startTestRegistry, type TestRegistry } from './test-registry.ts';

const first = recordSchema([{ name: 'a', type: 'string' }]);
const second = recordSchema([
  { name: 'a', type: 'string' },
  { name: 'b', type: 'int', default: 0 },
]);
const incompatible = recordSchema([{ name: 'b', type: 'int' }]);

let server: TestRegistry;
afterEach(() => server.close());

async function start(credentials?: string, timeoutMs = 10_000): Promise<SchemaRegistry> {
  server = await startTestRegistry(credentials);
  return new SchemaRegistry({ url: server.url, timeoutMs });
}

describe('registering', () => {
  it('registers what is new under a subject and finds it afterwards without writing', async () => {
    const registry = await start();
    const id = await registry.register('logs-value', first);
    const before = server.requests.length;
    expect(await registry.register('logs-value', first)).toBe(id);
    expect(server.requests.slice(before)).toEqual(['POST /subjects/logs-value']);
    expect(await registry.schema(id)).toBe(first);
  });

  it('registers a compatible next version', async () => {
    const registry = await start();
    const id = await registry.register('logs-value', first);
    expect(await registry.register('logs-value', second)).not.toBe(id);
  });

  it.each([
    ['checking', () => undefined],
    ['registering', () => server.withoutReasons()],
  ])('says why a schema is not compatible when the registry says so on %s', async (_, prepare) => {
    const registry = await start();
    prepare();
    await registry.register('logs-value', first);
    const failure = registry.register('logs-value', incompatible);
    await expect(failure).rejects.toThrow(SchemaRejectedError);
    await expect(failure).rejects.toThrow(/logs-value.*no matching field for default-less R\.b/);
    await expect(failure).rejects.toMatchObject({ remedy: 'give-up' });
  });

  it('escapes the subject', async () => {
    const registry = await start();
    await registry.register('a/b?c', first);
    expect(server.requests[0]).toBe('POST /subjects/a%2Fb%3Fc');
  });
});

describe('fetching by id', () => {
  it('distinguishes an unknown id from a registry that cannot say', async () => {
    const registry = await start();
    expect(await registry.schema(7)).toBeUndefined();
    server.answerWith({ status: 500, body: '{"error_code":50001,"message":"backend store"}' });
    await expect(registry.schema(7)).rejects.toMatchObject({
      code: 'avro.registry_unavailable',
      remedy: 'retry',
      message: expect.stringContaining('backend store'),
    });
  });

  it('gives no schema of another kind', async () => {
    const registry = await start();
    const id = server.add('syntax = "proto3";', 'PROTOBUF');
    expect(await registry.schema(id)).toBeUndefined();
  });

  it.each([
    ['a 404 that is no registry’s', { status: 404, body: '<html>not found</html>' }],
    [
      'a 404 of a path that the registry does not have',
      { status: 404, body: '{"error_code":404,"message":"HTTP 404"}' },
    ],
    ['an answer of another shape', { status: 200, body: '{"id":1}' }],
    ['an answer that is not JSON', { status: 200, body: 'hello' }],
    ['an answer without end', { status: 200, body: 'x'.repeat(5 * 1024 * 1024) }],
    ['too many requests', { status: 429, body: '' }],
  ])('takes %s for an unreachable registry', async (_, answer) => {
    const registry = await start();
    server.answerWith(answer);
    await expect(registry.schema(1)).rejects.toThrow(RegistryUnavailableError);
  });

  it('gives up on a registry that does not answer in time', async () => {
    const registry = await start(undefined, 300);
    server.hang(true);
    await expect(registry.schema(1)).rejects.toThrow(RegistryUnavailableError);
  });

  it('says that nobody listens', async () => {
    const registry = await start();
    await server.close();
    await expect(registry.schema(1)).rejects.toThrow(/did not answer: .*ECONNREFUSED/);
  });

  it('ends when its signal is aborted', async () => {
    await start();
    server.hang(true);
    const stop = new AbortController();
    const registry = new SchemaRegistry({ url: server.url, signal: stop.signal });
    const pending = registry.schema(1);
    stop.abort();
    await expect(pending).rejects.toThrow(RegistryUnavailableError);
  });
});

describe('credentials', () => {
  it('are sent as basic authorization, decoded from the URL', async () => {
    const registry = await start('user:p@ss/wörd');
    expect(await registry.register('logs-value', first)).toBe(1);
  });

  it('are never shown', async () => {
    await start('user:right');
    const registry = new SchemaRegistry({ url: server.url.replace('right', 'hunter2') });
    const error: unknown = await registry.schema(1).catch((error: unknown) => error);
    expect(error).toMatchObject({ message: expect.stringContaining('refused the credentials'), remedy: 'retry' });
    await server.close();
    const unreachable: unknown = await registry.schema(1).catch((error: unknown) => error);
    const encoded = Buffer.from('user:hunter2').toString('base64');
    for (const shown of [error, unreachable, registry].map((each) => inspect(each, { depth: 10, showHidden: true }))) {
      expect(shown).not.toContain('hunter2');
      expect(shown).not.toContain(encoded);
    }
  });
});

function recordSchema(fields: readonly object[]): string {
  return JSON.stringify({ type: 'record', name: 'R', fields });
}
