import { type API, Connection, type ConnectionOptions, ResponseError } from '@platformatic/kafka';
import { ConnectionLostError } from '../../errors.ts';
import type { KafkaSettings } from '../../settings.ts';
import { type BrokerFeatures, checkBroker } from './broker-features.ts';

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * One TCP connection to one broker, opened when first needed and again after it broke. A broker answers the requests of
 * a connection in their order, so a request that waits long (a fetch, a join) has a link of its own.
 */
export class BrokerLink {
  readonly address: BrokerAddress;
  readonly #settings: KafkaSettings;
  readonly #requestTimeoutMs: number;
  readonly #watch: Watch;
  #opening: Promise<OpenConnection> | undefined;
  #connection: Connection | undefined;
  #closed = false;

  /**
   * @param requestTimeoutMs how long the longest request of this link may take.
   * @param watch sees every answer that is awaited.
   */
  constructor(address: BrokerAddress, settings: KafkaSettings, requestTimeoutMs: number, watch: Watch = unwatched) {
    this.address = address;
    this.#settings = settings;
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#watch = watch;
  }

  /** Sends one request. Rejects with what the package throws; see `failure.ts`. */
  call<Arguments extends unknown[], Answer>(api: API<Arguments, Answer>, ...args: Arguments): Promise<Answer> {
    return this.#watch(this, this.#call(api, args));
  }

  /** As `call`, for answers about several things: returned whole even where some of them have an error code. */
  async callForEach<Arguments extends unknown[], Answer>(
    api: API<Arguments, Answer>,
    ...args: Arguments
  ): Promise<Answer> {
    try {
      return await this.call(api, ...args);
    } catch (error) {
      if (error instanceof ResponseError) return error.response;
      throw error;
    }
  }

  async features(): Promise<BrokerFeatures> {
    return (await this.#open()).features;
  }

  /** Ends the connection, and what waits on it, at once. The link can be used again. */
  drop(): void {
    const connection = this.#connection;
    this.#opening = undefined;
    this.#connection = undefined;
    if (!connection) return;
    connection.socket?.destroy();
    // One that is still connecting does not notice its socket's end, and would wait for its time-out.
    if (!connection.isConnected()) connection.emit('close');
  }

  close(): void {
    this.#closed = true;
    this.drop();
  }

  async #call<Arguments extends unknown[], Answer>(api: API<Arguments, Answer>, args: Arguments): Promise<Answer> {
    const { connection } = await this.#open();
    return api.async(connection, ...args);
  }

  async #open(): Promise<OpenConnection> {
    if (this.#closed) throw new ConnectionLostError('this client is closed');
    this.#opening ??= this.#connect();
    const opening = this.#opening;
    try {
      const open = await opening;
      if (this.#closed) throw new ConnectionLostError('this client is closed');
      if (open.connection.status === 'reauthenticating') await open.connection.ready();
      if (open.connection.isConnected()) return open;
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined;
      throw error;
    }
    if (this.#opening === opening) this.#opening = undefined;
    return this.#open();
  }

  async #connect(): Promise<OpenConnection> {
    const { host, port } = this.address;
    const connection = new Connection(this.#settings.clientId, this.#options());
    this.#connection = connection;
    // An EventEmitter without a listener for 'error' ends the process; requests learn of it by themselves.
    connection.on('error', () => undefined);
    await connection.connect(host, port);
    const features = await checkBroker(connection);
    return { connection, features };
  }

  #options(): ConnectionOptions {
    const { tls, sasl } = this.#settings;
    return {
      connectTimeout: Math.min(5000, this.#settings.requestTimeoutMs),
      requestTimeout: this.#requestTimeoutMs,
      ...(tls && { tls: { ...tls }, tlsServerName: tls.servername ?? true }),
      ...(sasl && { sasl: { ...sasl } }),
    };
  }
}

type Watch = <Answer>(link: BrokerLink, answer: Promise<Answer>) => Promise<Answer>;

const unwatched: Watch = (_link, answer) => answer;

interface OpenConnection {
  readonly connection: Connection;
  readonly features: BrokerFeatures;
}
