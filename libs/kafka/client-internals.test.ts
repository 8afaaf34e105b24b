import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTo, createServer, type Server, type Socket } from 'node:net';
import {
  Connection,
  endTxnV3,
  NetworkError,
  Reader,
  ResponseError,
  TimeoutError,
  txnOffsetCommitV3,
} from '@platformatic/kafka';
import { Kafka as KafkaJs, logLevel } from 'kafkajs';
import Broker from 'kafkajs/src/broker/index.js';
import ConnectionPool from 'kafkajs/src/network/connectionPool.js';
import { errorCodes } from 'kafkajs/src/protocol/error.js';
import { afterEach, describe, expect, test } from 'vitest';
import { exchange } from './kafkajs/requests/exchange.ts';
import { brokerErrors, isConnectionFailure, wasNotDone } from './platformatic/failure.ts';

// What the drivers use of the two clients below their documented interfaces. When one of these fails after an upgrade,
// its title says which assumption no longer holds and which file rests on it; the conformance suite would
// fail too, but only by its symptoms.

let server: Server | undefined;
const accepted: Socket[] = [];
afterEach(async () => {
  for (const socket of accepted.splice(0)) socket.destroy();
  server?.close();
  server = undefined;
});

/** A listener that does with each connection what the test says. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('the clients are pinned to the versions that were examined', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
  // An upgrade changes this line last, once everything below and the conformance suite have passed.
  expect(dependencies).toMatchObject({ '@platformatic/kafka': '2.12.1', kafkajs: '2.2.4' });
});

describe('@platformatic/kafka', () => {
  test('Reader holds an answer’s bytes as reader.buffer.buffer (platformatic/reading/fetch-request.ts, writing/produce-request.ts)', () => {
    const bytes = Buffer.from('an answer');
    const { buffer } = Reader.from(bytes).buffer;
    expect(Buffer.isBuffer(buffer)).toBe(true);
    expect(buffer.equals(bytes)).toBe(true);
  });

  test('the encoder of EndTxn 3 writes what version 5 has too (platformatic/writing/transaction-requests.ts)', () => {
    // transactional_id COMPACT_STRING, producer_id INT64, producer_epoch INT16, committed BOOLEAN, tagged fields.
    const written = endTxnV3.createRequest('tx', 258n, 3, true).buffer;
    expect(written.toString('hex')).toBe(`03${Buffer.from('tx').toString('hex')}000000000000010200030100`);
  });

  test('the encoder of TxnOffsetCommit 3 writes what version 5 has too (platformatic/writing/transaction-requests.ts)', () => {
    const partitions = [
      { partitionIndex: 7, committedOffset: 9n, committedLeaderEpoch: -1, committedMetadata: null },
    ] as unknown as Parameters<typeof txnOffsetCommitV3.createRequest>[7][number]['partitions'];
    const written = txnOffsetCommitV3.createRequest('t', 'g', 1n, 2, 3, 'm', null, [{ name: 'x', partitions }]).buffer;
    const text = (value: string) => `02${Buffer.from(value).toString('hex')}`;
    const [producer, generation] = ['00000000000000010002', '00000003'];
    const partition = `0000000700000000000000` + `09ffffffff` + `00` + `00`;
    expect(written.toString('hex')).toBe(
      `${text('t')}${text('g')}${producer}${generation}${text('m')}0002${text('x')}02${partition}0000`,
    );
  });

  test('an answer with error codes is an error that names each, and holds the answer (platformatic/failure.ts, brokers/broker-link.ts)', () => {
    const answer = { errorCode: 14 };
    const error = new ResponseError(26, 3, { '/': [14, null] }, answer);
    expect(error.response).toBe(answer);
    expect([...brokerErrors(error)]).toEqual(['COORDINATOR_LOAD_IN_PROGRESS']);
    expect(wasNotDone(error)).toBe(true);
  });

  test('a lost connection and a late answer have the codes by which they are known (platformatic/failure.ts)', async () => {
    // A TimeoutError says PLT_KFK_NETWORK in 2.12.1, although its class says PLT_KFK_TIMEOUT.
    for (const error of [new NetworkError('lost'), new TimeoutError('late')])
      expect(isConnectionFailure(error)).toBe(true);
    const port = await listen((socket) => socket.destroy());
    const connection = new Connection('test', { connectTimeout: 5000 });
    connection.on('error', () => undefined);
    await connection.connect('127.0.0.1', port);
    const lost = endTxnV3.api.async(connection, 'tx', 1n, 1, true);
    expect(isConnectionFailure(await lost.catch((error: unknown) => error))).toBe(true);
  });

  test('who waits for a connection that is still opening is released by its event "close" (platformatic/brokers/broker-link.ts)', async () => {
    // It speaks no TLS, so that the connection stays at connecting.
    const port = await listen(() => undefined);
    const connection = new Connection('test', { connectTimeout: 3_600_000, tls: {} });
    connection.on('error', () => undefined);
    const opened = Promise.resolve(connection.connect('127.0.0.1', port)).then(
      () => 'connected',
      () => 'released',
    );
    await expect.poll(() => accepted.length).toBe(1);
    expect(connection.isConnected()).toBe(false);
    connection.socket?.destroy();
    connection.emit('close');
    expect(await opened).toBe('released');
  });
});

describe('kafkajs', () => {
  const logger = new KafkaJs({ brokers: ['unused:0'], logLevel: logLevel.NOTHING }).logger();
  const poolTo = (port: number) =>
    new ConnectionPool({
      host: '127.0.0.1',
      port,
      ssl: null,
      sasl: null,
      clientId: 'test',
      connectionTimeout: 10_000,
      requestTimeout: 60_000,
      enforceRequestTimeout: false,
      maxInFlightRequests: null,
      socketFactory: ({ host, port: to, onConnect }) => {
        const socket = connectTo({ host, port: to });
        socket.on('connect', onConnect);
        return socket;
      },
      logger,
    });

  test('a pool has two connections, and the timer of each can be replaced (kafkajs/connections.ts)', async () => {
    const port = await listen((socket) => socket.on('data', () => undefined));
    const { pool } = poolTo(port);
    expect(pool).toHaveLength(2);
    for (const { requestQueue, connectionStatus } of pool) {
      expect(connectionStatus).toBe('disconnected');
      expect(requestQueue).toMatchObject({
        pending: [],
        throttledUntil: expect.any(Number),
        throttleCheckTimeoutId: null,
      });
      expect(requestQueue.checkPendingRequests).toBeTypeOf('function');
      expect(requestQueue.scheduleCheckPendingRequests).toBeTypeOf('function');
    }
  });

  test('what replaces the timer is what a queue calls once it has looked at its requests (kafkajs/connections.ts)', () => {
    const { requestQueue } = poolTo(9).pool[0] ?? {};
    if (requestQueue === undefined) throw new Error('there is no connection in the pool');
    let calls = 0;
    requestQueue.scheduleCheckPendingRequests = () => {
      calls += 1;
    };
    requestQueue.checkPendingRequests();
    expect(calls).toBe(1);
  });

  test('a request of our own goes out behind header version 1, and its answer comes whole (kafkajs/requests/exchange.ts)', async () => {
    const asked = Promise.withResolvers<Buffer>();
    const port = await listen((socket) =>
      socket.once('data', (bytes) => {
        asked.resolve(bytes);
        const answer = Buffer.from('00000000' + '00' + 'cafe', 'hex');
        bytes.copy(answer, 0, 8, 12);
        const size = Buffer.alloc(4);
        size.writeInt32BE(answer.length);
        socket.write(Buffer.concat([size, answer]));
      }),
    );
    const connection = await poolTo(port).getConnection(0);
    const answer = await connection.send(exchangeOf(Buffer.from('beef', 'hex')));
    const bytes = await asked.promise;
    // Size, api_key, api_version, correlation_id, client_id STRING; then ours: no tags, and the body.
    expect(bytes.readInt32BE(0)).toBe(bytes.length - 4);
    expect([bytes.readInt16BE(4), bytes.readInt16BE(6)]).toEqual([1, 13]);
    expect(bytes.subarray(12).toString('hex')).toBe(`0004${Buffer.from('test').toString('hex')}00beef`);
    expect(answer).toBe('cafe');
    connection.socket?.destroy();
  });

  test('a broker has the requests that this driver makes through it (kafkajs/cluster.ts and others)', () => {
    const methods = [
      ...['connect', 'isConnected', 'findGroupCoordinator', 'initProducerId', 'addPartitionsToTxn', 'addOffsetsToTxn'],
      ...['endTxn', 'joinGroup', 'syncGroup', 'heartbeat', 'leaveGroup', 'listOffsets', 'deleteTopics', 'deleteGroups'],
      ...['describeGroups', 'describeConfigs'],
    ];
    for (const name of methods) expect(Reflect.get(Broker.prototype, name), name).toBeTypeOf('function');
  });

  test('the protocol’s error codes stand in a list (kafkajs/broker-error.ts)', () => {
    expect(errorCodes).toContainEqual(expect.objectContaining({ type: 'INVALID_PRODUCER_EPOCH', code: 47 }));
    expect(errorCodes).toContainEqual(expect.objectContaining({ type: 'NOT_COORDINATOR_FOR_GROUP', code: 16 }));
  });
});

/** A request of one body, whose answer is read as hexadecimal digits. */
function exchangeOf(body: Buffer) {
  return exchange({
    apiKey: 1,
    apiName: 'Fetch',
    apiVersion: 13,
    flexible: true,
    write: (to) => to.raw(body),
    read: (from) => from.take(2).toString('hex'),
  });
}
