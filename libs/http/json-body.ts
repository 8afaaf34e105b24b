import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.ts';

/** No request of ours nests deeper; a cloud's key file is three deep. */
const maxDepth = 32;

/**
 * Replaces Fastify's JSON parser by one that refuses deep nesting before anything recursive (validation, comparison,
 * serialisation) sees it. `__proto__` and `constructor.prototype` keys are refused as Fastify's own parser does.
 */
export function limitJsonDepth(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (depthOf(String(body)) > maxDepth) {
      done(new Problem(422, { detail: `The body nests deeper than ${maxDepth} levels.` }));
      return;
    }
    parse(request, String(body), done);
  });
}

/** Deepest nesting of arrays and objects in JSON text, read in one pass without parsing. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < json.length; index++) {
    const char = json[index];
    if (inString) {
      if (char === '\\') index++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') deepest = Math.max(deepest, ++depth);
    else if (char === '}' || char === ']') depth--;
  }
  return deepest;
}
