import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { HeldRequest } from './system.ts';

/** What befalls the connections of one client, known by its Kafka client id. */
interface ClientFate {
  readonly links: Set<ProxiedConnection>;
  crashed: boolean;
  stalled: boolean;
  /** API key whose next answer is dropped. */
  loseAnswer: number | undefined;
  hold: Hold | undefined;
  received: number;
  requests: number;
}

interface Hold {
  readonly apiKey: number;
  readonly held: PromiseWithResolvers<void>;
  readonly answered: PromiseWithResolvers<void>;
  /** Sends the request on, once it is there. */
  send: () => void;
}

/**
 * Stands between clients and one broker and reads along just far enough to know whose connection it is and which answer
 * belongs to which request. The broker must advertise the proxy's port.
 */
export class FaultProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #fates = new Map<string, ClientFate>();
  readonly #sockets = new Set<Socket>();
  #brokerPort = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on('connection', (client) => this.#accept(client));
  }

  static async listen(): Promise<FaultProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    return new FaultProxy(server, address.port);
  }

  forwardTo(brokerPort: number): void {
    this.#brokerPort = brokerPort;
  }

  fateOf(clientId: string): ClientFate {
    const known = this.#fates.get(clientId);
    if (known) return known;
    const fate = { links: new Set<ProxiedConnection>(), crashed: false, stalled: false };
    const fresh = { ...fate, loseAnswer: undefined, hold: undefined, received: 0, requests: 0 };
    this.#fates.set(clientId, fresh);
    return fresh;
  }

  crash(clientId: string): void {
    const fate = this.fateOf(clientId);
    fate.crashed = true;
    for (const link of fate.links) link.cut();
  }

  stall(clientId: string, stalled: boolean): void {
    const fate = this.fateOf(clientId);
    fate.stalled = stalled;
    for (const link of fate.links) link.flow(!stalled);
  }

  hold(clientId: string, apiKey: number): HeldRequest {
    const hold: Hold = {
      apiKey,
      held: Promise.withResolvers(),
      answered: Promise.withResolvers(),
      send: () => undefined,
    };
    this.fateOf(clientId).hold = hold;
    return {
      held: hold.held.promise,
      release: () => {
        hold.send();
        return hold.answered.promise;
      },
    };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    const broker = connect({ host: '127.0.0.1', port: this.#brokerPort });
    for (const socket of [client, broker]) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
    }
    new ProxiedConnection(client, broker, (clientId) => this.fateOf(clientId));
  }
}

/** A Kafka request begins with its length, API key, API version, correlation id and client id. */
class ProxiedConnection {
  readonly #client: Socket;
  readonly #broker: Socket;
  readonly #apiKeys = new Map<number, number>();
  #fate: ClientFate | undefined;
  #hold: Hold | undefined;

  constructor(client: Socket, broker: Socket, fateOf: (clientId: string) => ClientFate) {
    this.#client = client;
    this.#broker = broker;
    client.on(
      'data',
      frames((request) => {
        this.#fate ??= this.#join(fateOf(request.toString('utf8', 14, 14 + request.readInt16BE(12))));
        this.#request(request);
      }),
    );
    broker.on(
      'data',
      frames((answer) => this.#answer(answer)),
    );
    client.on('close', () => this.cut());
    broker.on('close', () => this.cut());
  }

  cut(): void {
    // A request that is on its way does not vanish with its sender.
    if (this.#hold && !this.#broker.closed) return;
    this.#fate?.links.delete(this);
    this.#client.destroy();
    this.#broker.destroy();
  }

  flow(on: boolean): void {
    for (const socket of [this.#client, this.#broker]) {
      if (on) socket.resume();
      else socket.pause();
    }
  }

  #join(fate: ClientFate): ClientFate {
    fate.links.add(this);
    if (fate.crashed) this.cut();
    if (fate.stalled) this.flow(false);
    return fate;
  }

  #request(request: Buffer): void {
    this.#apiKeys.set(request.readInt32BE(8), request.readInt16BE(4));
    if (this.#fate) this.#fate.requests++;
    if (this.#fate?.hold?.apiKey === request.readInt16BE(4)) {
      this.#hold = this.#fate.hold;
      this.#fate.hold = undefined;
      this.#hold.send = () => this.#broker.write(request);
      this.#hold.held.resolve();
    } else {
      this.#broker.write(request);
    }
  }

  #answer(answer: Buffer): void {
    const correlationId = answer.readInt32BE(4);
    const apiKey = this.#apiKeys.get(correlationId);
    this.#apiKeys.delete(correlationId);
    if (this.#fate) this.#fate.received += answer.length;
    if (this.#hold && this.#hold.apiKey === apiKey) {
      this.#hold.answered.resolve();
      this.#hold = undefined;
      if (this.#client.destroyed) this.cut();
    }
    if (this.#fate?.loseAnswer !== undefined && this.#fate.loseAnswer === apiKey) {
      this.#fate.loseAnswer = undefined;
      this.cut();
    } else {
      this.#client.write(answer);
    }
  }
}

/** Cuts a stream into Kafka's length-prefixed frames. */
function frames(take: (frame: Buffer) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let length = 0;
  return (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length < 4) return;
    let bytes = chunks.length === 1 ? chunk : undefined;
    const size = 4 + (bytes ?? Buffer.concat(chunks.slice(0, 2))).readInt32BE(0);
    if (length < size) return;
    bytes ??= Buffer.concat(chunks, length);
    let at = 0;
    while (bytes.length - at >= 4 && bytes.length - at >= 4 + bytes.readInt32BE(at)) {
      const end = at + 4 + bytes.readInt32BE(at);
      take(bytes.subarray(at, end));
      at = end;
    }
    chunks = at < bytes.length ? [bytes.subarray(at)] : [];
    length = bytes.length - at;
  };
}
