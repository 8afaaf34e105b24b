import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { HttpServer } from '@tailrace/http/server.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Addresses that the page shows by itself, in the browser: all of them answer with its document. */
const pageRoutes = ['/', '/projects', '/projects/*', '/sign-in'];

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing but this server's own files and API: a log line that were taken for HTML could still load and run nothing. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const compress = promisify(gzip);

interface PageFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

/**
 * Serves the web page that Vite built into `directory`, compressed once and kept in memory. Its addresses are listed one
 * by one, so that it never answers for the API or for what does not exist.
 * @returns whether there is a page there
 */
export async function serveWebPage(http: HttpServer, directory: string): Promise<boolean> {
  const document = await pageFile(directory, 'index.html').catch(absent);
  if (document === undefined) return false;
  for (const url of pageRoutes) {
    // The document names the hashed files of its version, so it is requested each time.
    http.get(url, { schema: { hide: true } }, (request, reply) =>
      send(request, reply.header('cache-control', 'no-cache'), document),
    );
  }
  for (const name of (await readdir(join(directory, 'assets')).catch(absent)) ?? []) {
    const file = await pageFile(directory, join('assets', name));
    http.get(`/assets/${name}`, { schema: { hide: true } }, (request, reply) =>
      send(request, reply.header('cache-control', 'public, max-age=31536000, immutable'), file),
    );
  }
  return true;
}

async function pageFile(directory: string, path: string): Promise<PageFile> {
  const plain = await readFile(join(directory, path));
  return {
    type: types[extname(path)] ?? 'application/octet-stream',
    plain,
    gzipped: await compress(plain, { level: 9 }),
  };
}

function send(request: FastifyRequest, reply: FastifyReply, { type, plain, gzipped }: PageFile): FastifyReply {
  const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  return reply
    .type(type)
    .headers({
      'content-security-policy': contentSecurityPolicy,
      vary: 'accept-encoding',
      ...(takesGzip && { 'content-encoding': 'gzip' }),
    })
    .send(takesGzip ? gzipped : plain);
}

function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
