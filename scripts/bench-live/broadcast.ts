import { WebSocketServer } from 'ws';

/**
 * The limit to compare with: bare `ws`, one line of the same size after the other to every client by `send`, as fast as
 * they take it, for so many seconds. `batch` joins ten lines in one message, built once for all.
 *
 * usage: node broadcast.ts <port> <clients> <seconds> <line|batch> <bytes of a line>
 */
const [port, clients, seconds, mode, size] = process.argv.slice(2);
const perMessage = mode === 'batch' ? 10 : 1;
const line = `{"id":"${'0'.repeat(32)}","body":"${'x'.repeat(Number(size) - 51)}"}`;
const message = Buffer.from(Array.from({ length: perMessage }, () => line).join(','));
const highWater = 1024 * 1024;
const server = new WebSocketServer({ port: Number(port), host: '127.0.0.1', perMessageDeflate: false });

server.on('connection', () => {
  if (server.clients.size < Number(clients)) return;
  const end = performance.now() + Number(seconds) * 1000;
  const step = () => {
    if (performance.now() > end) {
      for (const client of server.clients) client.close();
      process.exit(0);
    }
    if (![...server.clients].some((client) => client.bufferedAmount > highWater)) {
      for (let repeat = 0; repeat < 10; repeat += 1) {
        for (const client of server.clients) client.send(message, { binary: false });
      }
    }
    setImmediate(step);
  };
  setTimeout(step, 300);
});
