import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTestApi } from '../apps/api/test-api.ts';
import { apiTypes } from './api-types/operations.ts';

/**
 * Writes the types of the API's requests and answers and of the WebSocket's frames for their clients, from the OpenAPI
 * document that the api role serves and from the schemas of the frames.
 */
export const GENERATED = join(import.meta.dirname, '..', 'libs', 'http', 'contract', 'generated.ts');

/** The module's text, as the formatter leaves it. */
export async function generateApiTypes(): Promise<string> {
  const api = await startTestApi();
  try {
    const text = apiTypes(await (await fetch(`${api.base}/openapi.json`)).json());
    const biome = join(import.meta.dirname, '..', 'node_modules', '.bin', 'biome');
    return execFileSync(biome, ['format', '--config-path=.config', `--stdin-file-path=${GENERATED}`], {
      input: text,
      encoding: 'utf8',
      cwd: join(import.meta.dirname, '..'),
    });
  } finally {
    await api.close();
  }
}

if (import.meta.main) writeFileSync(GENERATED, await generateApiTypes());
