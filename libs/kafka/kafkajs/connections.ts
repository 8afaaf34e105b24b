import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { Kafka as KafkaJs, logLevel } from 'kafkajs';
import Broker from 'kafkajs/src/broker/index.js';
import ConnectionPool, { type Exchange, type RequestQueue } from 'kafkajs/src/network/connectionPool.js';
import { ConnectionLostError } from '../errors.ts';
import type { KafkaSettings } from '../settings.ts';
import { isConnectionLoss } from './map-error.ts';

export interface Node {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** kafkajs logs whole requests and answers; what matters of them reaches our log through the errors. */
const silent = new KafkaJs({ brokers: ['unused:0'], logLevel: logLevel.NOTHING }).logger();

const connectTimeoutMs = 10_000;
const keepAliveMs = 60_000;

/** The two connections that kafkajs keeps to a node; its own requests take the first, but for Fetch. */
const lanes = { prompt: 0, waiting: 1 };

/**
 * The connections of one handle (a producer, a reader, a membership, the admin) to the nodes it speaks to. A
 * handle has its own, so that closing it cuts them, whatever is in flight, and no long poll holds up anybody else.
 */
export class Connections {
  readonly #settings: KafkaSettings;
  readonly #addresses = new Map<number, Node>();
  readonly #nodes = new Map<number, Broker>();
  readonly #sockets = new Set<Socket>();
  /** Rejects the calls under way, by connection. */
  readonly #calls = new Map<Broker, Set<(error: Error) => void>>();
  readonly #closed = new AbortController();
  #seed: { readonly broker: Broker; readonly address: string } | undefined;

  constructor(settings: KafkaSettings) {
    this.#settings = settings;
  }

  /** Aborts when the handle is closed. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  learn(nodes: readonly Node[]): void {
    for (const node of nodes) {
      const before = this.#addresses.get(node.nodeId);
      if (before && addressOf(before) !== addressOf(node)) this.#nodes.delete(node.nodeId);
      this.#addresses.set(node.nodeId, node);
      // The connection that found the cluster goes on as the one to that node.
      if (this.#seed?.address === addressOf(node) && !this.#nodes.has(node.nodeId)) {
        this.#nodes.set(node.nodeId, this.#seed.broker);
        this.#seed = undefined;
      }
    }
  }

  /** `host:port` of a node, as far as it is known. */
  addressOf(nodeId: number): string | undefined {
    const node = this.#addresses.get(nodeId);
    return node && addressOf(node);
  }

  /** @throws ConnectionLostError when the node cannot be reached. */
  async to(nodeId: number): Promise<Broker> {
    const address = this.#addresses.get(nodeId);
    if (!address) throw new ConnectionLostError(`the address of broker ${nodeId} is not known`);
    const broker = this.#nodes.get(nodeId) ?? this.#open(address);
    this.#nodes.set(nodeId, broker);
    await this.#connect(broker, addressOf(address));
    return broker;
  }

  /** Any node that answers: one already connected, else one known, else one of the configured ones. */
  async any(): Promise<Broker> {
    for (const broker of this.#nodes.values()) if (isUsable(broker)) return broker;
    if (this.#seed && isUsable(this.#seed.broker)) return this.#seed.broker;
    let failure: unknown;
    for (const nodeId of this.#addresses.keys()) {
      try {
        return await this.to(nodeId);
      } catch (error) {
        failure = error;
      }
    }
    for (const address of this.#settings.brokers) {
      try {
        return await this.#connectSeed(address);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /**
   * Makes one call on a connection. When the answer does not come in time the connection is cut, so that a late answer
   * is nobody's. A cut rejects the call by itself: kafkajs notices only some of the ways in which a socket can end.
   */
  async call<Answer>(
    broker: Broker,
    make: (broker: Broker) => Promise<Answer>,
    timeoutMs = this.#settings.requestTimeoutMs,
  ): Promise<Answer> {
    if (this.closed.aborted) throw new ConnectionLostError('this client is closed');
    const cut = Promise.withResolvers<never>();
    const calls = this.#calls.get(broker) ?? new Set();
    this.#calls.set(broker, calls.add(cut.reject));
    const timer = setTimeout(() => this.#cut(broker, `no answer within ${timeoutMs} ms`), timeoutMs);
    try {
      return await Promise.race([make(broker), cut.promise]);
    } catch (error) {
      if (isConnectionLoss(error)) this.drop(broker);
      throw error;
    } finally {
      clearTimeout(timer);
      calls.delete(cut.reject);
      if (calls.size === 0) this.#calls.delete(broker);
    }
  }

  /** Sends a request of our own encoding. */
  send<Answer>(broker: Broker, exchange: Exchange<Answer>): Promise<Answer> {
    return this.call(broker, async () => (await broker.connectionPool.getConnection(lanes.prompt)).send(exchange));
  }

  /** As `send`, on a connection of its own: a broker answers nothing else on one where a fetch waits. */
  sendWaiting<Answer>(broker: Broker, exchange: Exchange<Answer>, timeoutMs: number): Promise<Answer> {
    const make = async () => (await broker.connectionPool.getConnection(lanes.waiting)).send(exchange);
    return this.call(broker, make, timeoutMs);
  }

  /** Cuts a connection; what is in flight on it rejects. The next call opens another. */
  drop(broker: Broker): void {
    for (const [nodeId, known] of this.#nodes) if (known === broker) this.#nodes.delete(nodeId);
    if (this.#seed?.broker === broker) this.#seed = undefined;
    this.#cut(broker, 'the connection was given up');
  }

  dropNode(nodeId: number): void {
    const broker = this.#nodes.get(nodeId);
    if (broker) this.drop(broker);
  }

  /** Cuts everything at once. */
  close(): void {
    this.#closed.abort();
    for (const broker of this.#calls.keys()) this.#cut(broker, 'this client is closed');
    for (const socket of this.#sockets) socket.destroy(new Error('this client is closed'));
  }

  #cut(broker: Broker, why: string): void {
    const error = new ConnectionLostError(why);
    for (const reject of this.#calls.get(broker) ?? []) reject(error);
    for (const { socket } of broker.connectionPool.pool) socket?.destroy(error);
  }

  async #connectSeed(address: string): Promise<Broker> {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
    const broker = this.#open({ host, port: Number(address.slice(colon + 1)) });
    await this.#connect(broker, address);
    this.#seed = { broker, address };
    return broker;
  }

  async #connect(broker: Broker, address: string): Promise<void> {
    if (isUsable(broker)) return;
    try {
      await this.call(broker, () => broker.connect(), connectTimeoutMs);
      if (!isUsable(broker)) throw new ConnectionLostError('the connection was closed while it was opened');
      mustSpeakWithTopicIds(broker, address);
    } catch (error) {
      this.drop(broker);
      if (!isConnectionLoss(error)) throw error;
      throw new ConnectionLostError(`${address} cannot be reached`, error);
    }
  }

  #open({ host, port }: Omit<Node, 'nodeId'>): Broker {
    const connectionPool = new ConnectionPool({
      host,
      port,
      ssl: this.#settings.tls ?? null,
      sasl: this.#settings.sasl ?? null,
      clientId: this.#settings.clientId,
      connectionTimeout: connectTimeoutMs,
      requestTimeout: this.#settings.requestTimeoutMs,
      // Its check wakes every 100 ms for as long as the connection lives; `call` has its own timer.
      enforceRequestTimeout: false,
      maxInFlightRequests: null,
      socketFactory: (options) => this.#openSocket(options),
      logger: silent,
    });
    for (const { requestQueue } of connectionPool.pool) wakeOnlyWhenThrottled(requestQueue);
    const authenticationTimeout = connectTimeoutMs;
    return new Broker({ connectionPool, logger: silent, nodeId: null, versions: null, authenticationTimeout });
  }

  #openSocket(options: { host: string; port: number; ssl: ConnectionOptions | null; onConnect: () => void }): Socket {
    const { host, port, ssl, onConnect } = options;
    if (this.closed.aborted) throw new Error('this client is closed');
    const serverName = isIP(host) ? {} : { servername: host };
    const socket = ssl
      ? connectTls({ host, port, ...serverName, ...ssl }, onConnect)
      : connectPlain({ host, port }, onConnect);
    socket.setKeepAlive(true, keepAliveMs);
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}

/** Of all requests this driver makes, Fetch by topic id is the one that brokers learnt last (KIP-516, Kafka 3.1). */
function mustSpeakWithTopicIds(broker: Broker, address: string): void {
  const fetch = { apiKey: 1, apiVersion: 13 };
  if ((broker.versions?.[fetch.apiKey]?.maxVersion ?? 0) >= fetch.apiVersion) return;
  throw new TailraceError(`the broker at ${address} is older than Kafka 3.1`, {
    code: 'kafka.broker_too_old',
    remedy: 'give-up',
    help: 'Use Apache Kafka 3.1 or later.',
  });
}

/**
 * Whether requests can go out. To kafkajs a connection is "connected" already before it knows what the broker speaks, and
 * still when it is being closed.
 */
function isUsable(broker: Broker): boolean {
  const isOpen = broker.connectionPool.pool.some(({ connectionStatus }) => connectionStatus === 'connected');
  return isOpen && broker.versions !== null && broker.isConnected();
}

function addressOf({ host, port }: Omit<Node, 'nodeId'>): string {
  return `${host}:${port}`;
}

/**
 * kafkajs re-arms this timer every millisecond for as long as a connection lives. It is needed only while the broker
 * throttles this client and requests wait.
 */
function wakeOnlyWhenThrottled(queue: RequestQueue): void {
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length === 0 || queue.throttleCheckTimeoutId !== null) return;
    queue.throttleCheckTimeoutId = setTimeout(
      () => {
        queue.throttleCheckTimeoutId = null;
        queue.checkPendingRequests();
      },
      Math.max(1, queue.throttledUntil - Date.now()),
    );
  };
}
