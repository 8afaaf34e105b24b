import { once } from 'node:events';
import { type AddressInfo, createServer, Socket } from 'node:net';
import pg from 'pg';

/**
 * Stands between a client and a real PostgreSQL as PgBouncer with `pool_mode = transaction` does
 * (https://www.pgbouncer.org/features.html), in its strictest form: what a client says at start-up is refused unless
 * PgBouncer knows it, each transaction gets another server connection than the one before wherever there is one, and
 * nothing is reset in between. Real messages pass through unchanged.
 */
export interface TransactionPooler {
  /** In place of the server's own address. */
  readonly url: string;
  /** Nothing comes through any more in either direction, while all connections stay open: as a server that hangs. */
  hang(): void;
  /** Lets through what was held, and what comes. */
  resume(): void;
  close(): Promise<void>;
}

/** What PgBouncer takes without being configured to: https://www.pgbouncer.org/config.html#ignore_startup_parameters */
const knownParameters = new Set([
  'user',
  'database',
  'client_encoding',
  'datestyle',
  'timezone',
  'standard_conforming_strings',
  'application_name',
]);
const sslRequest = 80_877_103;

interface ServerConnection {
  readonly socket: Socket;
  /** Gets the server's messages while a client has the connection. */
  client: PooledClient | undefined;
}

export async function startTransactionPooler(url: string, serverConnections: number): Promise<TransactionPooler> {
  const idle: ServerConnection[] = [];
  const waiting: PooledClient[] = [];
  const sockets = new Set<Socket>();

  async function addServer(): Promise<void> {
    const socket = new Socket();
    const login = new pg.Client({ connectionString: url, stream: () => socket });
    // The database may be dropped while it logs in.
    login.on('error', () => undefined);
    await login.connect();
    // Logged in: from here on the socket is the pooler's.
    socket.removeAllListeners();
    sockets.add(socket);
    const server: ServerConnection = { socket, client: undefined };
    const messages = new Messages();
    socket.on('data', (data) => {
      for (const message of messages.take(data)) server.client?.fromServer(message);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => server.client?.lost());
    give(server);
  }

  /** The connection that was used longest ago comes first. */
  function give(server: ServerConnection): void {
    server.client = undefined;
    const next = waiting.shift();
    if (next === undefined) idle.push(server);
    else next.take(server);
  }

  const pooling: Pooling = {
    want(client) {
      const server = idle.shift();
      if (server === undefined) waiting.push(client);
      else client.take(server);
    },
    give,
    // A client that leaves in the middle of a transaction takes the connection with it.
    drop(server) {
      server.client = undefined;
      server.socket.destroy();
      sockets.delete(server.socket);
      addServer().catch(() => undefined);
    },
  };

  for (let index = 0; index < serverConnections; index += 1) await addServer();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveClient(socket, pooling);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String((listener.address() as AddressInfo).port);
  return {
    url: own.href,
    hang() {
      for (const socket of sockets) socket.pause();
    },
    resume() {
      for (const socket of sockets) socket.resume();
    },
    async close() {
      const closed = once(listener, 'close');
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface Pooling {
  want(client: PooledClient): void;
  give(server: ServerConnection): void;
  drop(server: ServerConnection): void;
}

/** The start-up of a client, and then its transactions. */
function serveClient(socket: Socket, pooling: Pooling): void {
  socket.on('error', () => undefined);
  let head = Buffer.alloc(0);
  const starting = (data: Buffer) => {
    head = Buffer.concat([head, data]);
    if (head.length < 8 || head.length < head.readInt32BE(0)) return;
    if (head.readInt32BE(4) === sslRequest) {
      head = head.subarray(8);
      socket.write('N');
      return;
    }
    const parameters = head.subarray(8, head.readInt32BE(0)).toString().split('\0');
    const unknown = parameters.find((name, index) => index % 2 === 0 && name !== '' && !knownParameters.has(name));
    if (unknown !== undefined) {
      socket.end(fatal('08P01', `unsupported startup parameter: ${unknown}`));
      return;
    }
    socket.off('data', starting);
    const client = new PooledClient(socket, pooling);
    socket.write(Buffer.concat([message('R', int32(0)), status('client_encoding', 'UTF8'), message('Z', 'I')]));
    const messages = new Messages();
    socket.on('data', (part) => {
      for (const each of messages.take(part)) client.fromClient(each);
    });
    socket.on('close', () => client.left());
  };
  socket.on('data', starting);
}

class PooledClient {
  readonly #socket: Socket;
  readonly #pooling: Pooling;
  #server: ServerConnection | undefined;
  /** Sent before there was a server connection. */
  #held: Buffer[] = [];
  #isWaiting = false;
  /** Answers that are still to come; each ends with ReadyForQuery. */
  #unanswered = 0;

  constructor(socket: Socket, pooling: Pooling) {
    this.#socket = socket;
    this.#pooling = pooling;
  }

  fromClient(text: Buffer): void {
    const type = String.fromCharCode(text[0] ?? 0);
    if (type === 'X') {
      this.#socket.end();
      return;
    }
    if (type === 'Q' || type === 'S') this.#unanswered += 1;
    if (this.#server) {
      this.#server.socket.write(text);
      return;
    }
    this.#held.push(text);
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#pooling.want(this);
  }

  take(server: ServerConnection): void {
    this.#isWaiting = false;
    if (this.#socket.destroyed) {
      this.#pooling.give(server);
      return;
    }
    this.#server = server;
    server.client = this;
    for (const text of this.#held.splice(0)) server.socket.write(text);
  }

  fromServer(text: Buffer): void {
    this.#socket.write(text);
    if (text[0] !== 'Z'.charCodeAt(0)) return;
    this.#unanswered -= 1;
    const isInTransaction = text[5] !== 'I'.charCodeAt(0);
    if (isInTransaction || this.#unanswered > 0 || !this.#server) return;
    const server = this.#server;
    this.#server = undefined;
    this.#pooling.give(server);
  }

  lost(): void {
    this.#server = undefined;
    this.#socket.destroy();
  }

  left(): void {
    if (this.#server) this.#pooling.drop(this.#server);
    this.#server = undefined;
  }
}

/** Cuts a stream into messages: a letter, and a length that counts itself. */
class Messages {
  #rest = Buffer.alloc(0);

  take(data: Buffer): readonly Buffer[] {
    this.#rest = Buffer.concat([this.#rest, data]);
    const whole: Buffer[] = [];
    while (this.#rest.length >= 5) {
      const end = 1 + this.#rest.readInt32BE(1);
      if (this.#rest.length < end) break;
      whole.push(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end);
    }
    return whole;
  }
}

function message(type: string, body: string | Buffer): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(type), int32(bytes.length + 4), bytes]);
}

function status(name: string, value: string): Buffer {
  return message('S', `${name}\0${value}\0`);
}

function fatal(code: string, text: string): Buffer {
  return message('E', `SFATAL\0VFATAL\0C${code}\0M${text}\0\0`);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
