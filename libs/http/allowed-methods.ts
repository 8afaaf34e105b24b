import type { FastifyInstance } from 'fastify';

/**
 * Remembers which methods each route takes, so that a wrong method is distinguished from a wrong address (RFC 9110, 15.5.6).
 * Call before any route is registered.
 * @returns the methods of an address, sorted; empty when no route has it.
 */
export function rememberMethods(app: FastifyInstance): (path: string) => readonly string[] {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];
  app.addHook('onRoute', (route) => {
    routes.push({ pattern: patternOf(route.url), methods: [route.method].flat() });
  });
  return (path) => {
    const matching = routes.filter((route) => route.pattern.test(path)).flatMap((route) => route.methods);
    return [...new Set(matching)].sort();
  };
}

/** find-my-way's patterns as we use them: `:name` is one segment, a trailing `*` is anything. */
function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((segment) => {
      if (segment.startsWith(':')) return '[^/]+';
      return segment === '*' ? '.*' : segment.replaceAll('.', String.raw`\.`);
    })
    .join('/');
  return new RegExp(`^${source}$`);
}
