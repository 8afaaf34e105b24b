import { afterEach, expect, test, vi } from 'vitest';
import { Api } from './http.ts';

afterEach(() => vi.unstubAllGlobals());

test.each([
  ['a proxy’s page', '<!doctype html><title>Sign in</title>', /did not come from Tailrace/],
  ['an empty answer', '', /not of the form this page knows/],
  ['another shape', '{"connections":{}}', /not of the form this page knows/],
])('%s in place of an answer is a sentence, not a crash', async (_name, body, sentence) => {
  vi.stubGlobal('fetch', async () => new Response(body));
  const api = new Api({ token: () => 'token', hasEnded: () => false, onRefused: () => undefined });
  await expect(api.call('GET connections/{id}', { path: { id: 'shop' } })).rejects.toThrow(sentence);
});

test('a proxy that cannot reach the server is distinguished from the server’s own refusal', async () => {
  vi.stubGlobal('fetch', async () => new Response('<h1>Bad gateway</h1>', { status: 502 }));
  const api = new Api({ token: () => 'token', hasEnded: () => false, onRefused: () => undefined });
  await expect(api.call('GET connectors')).rejects.toThrow('The proxy cannot reach Tailrace.');
});
