import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a receiver of tests does with a request: answers, says nothing for ever, or breaks off within its answer. */
export type Reaction =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'hang'
  | 'cut'
  /** An answer that does not end. */
  | 'endless';

type React = (request: Received, count: number) => Reaction | Promise<Reaction>;

/** A real HTTP server for messages to arrive at. */
export async function startReceiver(react: React = () => ({ status: 200 })) {
  const received: Received[] = [];
  let reaction = react;
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const { method = '', url: path = '', headers } = request;
    const taken = { method, path, headers, body };
    received.push(taken);
    const answer = await reaction(taken, received.length);
    if (answer === 'hang') return;
    if (answer === 'cut') {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half an ans', () => response.destroy());
      return;
    }
    if (answer === 'endless') {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(64 * 1024)));
      };
      response.on('drain', more);
      more();
      return;
    }
    response.writeHead(answer.status, answer.headers).end(answer.body ?? 'ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    received,
    host: `127.0.0.1:${address.port}`,
    url: `http://127.0.0.1:${address.port}`,
    react(next: React) {
      reaction = next;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
