import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** One origin before the api and fanout processes, as docker-compose.yml has it. */
export interface Entrance {
  readonly url: string;
  stop(): Promise<void>;
}

/** Hands WebSockets of the live view to fanout and everything else to api. What is unreachable answers 502. */
export async function openEntrance(api: () => string, fanout: () => string): Promise<Entrance> {
  const server = createServer((incoming, outgoing) => {
    const forwarded = forward(incoming, api());
    // A page that does not want an answer any more is gone before it comes.
    outgoing.on('close', () => forwarded.destroy());
    forwarded.on('response', (answer) => {
      answer.on('error', () => outgoing.destroy());
      if (outgoing.destroyed) return;
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => {
      if (outgoing.destroyed) return;
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(502).end();
    });
    incoming.pipe(forwarded);
  });
  const sockets = new Set<Duplex>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (incoming, socket, head) => {
    const forwarded = forward(incoming, fanout());
    const end = () => socket.destroy();
    socket.on('error', () => forwarded.destroy());
    forwarded.on('error', end);
    forwarded.on('response', end);
    forwarded.on('upgrade', (answer, upstream, first) => {
      const headers = answer.rawHeaders.reduce(
        (text, part, index) => text + part + (index % 2 === 0 ? ': ' : '\r\n'),
        '',
      );
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers}\r\n`);
      // What came along with the handshake belongs to the stream too.
      socket.write(first);
      upstream.write(head);
      upstream.on('error', end);
      upstream.on('close', end);
      socket.on('close', () => upstream.destroy());
      upstream.pipe(socket).pipe(upstream);
    });
    forwarded.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

function forward({ method, url, headers }: IncomingMessage, to: string) {
  return request(new URL(url ?? '/', to), { method, headers });
}
