import { Secret } from '@tailrace/config/secret.ts';
import { signToken } from '@tailrace/http/access/tokens.ts';
import { openHttpServer } from '@tailrace/http/open-http-server.ts';
import { type MemoryBroker, memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { WebSocket } from 'ws';
import { start } from './start.ts';

const jwtSecret = new Secret('a secret of at least thirty-two bytes');
const logger = createLogger({ level: 'silent' });

/** A frame of the WebSocket. */
export type Frame = Readonly<Record<string, unknown>>;

/** Processes of fanout on an in-memory broker, with real viewers. */
export class TestFanout {
  readonly #broker: MemoryBroker;
  readonly #ends: (() => Promise<unknown>)[] = [];

  private constructor(broker: MemoryBroker) {
    this.#broker = broker;
  }

  static async open(): Promise<TestFanout> {
    const broker = memoryBroker();
    const kafka = broker.connect();
    await kafka.admin.createTopics([topics.logs, topics.connectionStatus, topics.alerts]);
    await kafka.close();
    return new TestFanout(broker);
  }

  /** @param databaseUrl left out: an unreachable database. @returns the address of a new process. */
  async start(databaseUrl = 'postgres://nobody@127.0.0.1:1/none'): Promise<string> {
    const kafka = this.#broker.connect();
    const metrics = new Metrics();
    const server = await openHttpServer({
      logger,
      metrics,
      notReady: () => [],
      port: 0,
      host: '127.0.0.1',
      bodyLimitBytes: 1024,
      rateLimit: 1000,
      trustProxy: 0,
      connectionsPerAddress: 1000,
      unreadAnswerBytes: 64 * 1024 * 1024,
      metricsAccess: 'inside',
    });
    const role = await start(
      {
        jwtSecret,
        databaseUrl: new Secret(databaseUrl),
        fanoutMaxViewers: 10,
        fanoutViewersPerProject: 10,
        fanoutViewersPerToken: 10,
        fanoutAllowedOrigins: [],
      },
      { kafka, logger, metrics, http: server.http },
    );
    await server.serve();
    this.#ends.push(async () => {
      await role.stop();
      await server.close();
      await kafka.close();
    });
    return `ws://127.0.0.1:${server.port}/api/v1/live-logs/ws/`;
  }

  async write<Value>(topic: TopicSpec<Value>, key: (value: Value) => string, ...values: Value[]): Promise<void> {
    const kafka = this.#broker.connect();
    const producer = await kafka.producer();
    await producer.send(
      values.map((value) => ({
        topic: topic.name,
        partition: partitionFor(key(value), topic.partitions),
        key: Buffer.from(key(value)),
        value: topic.codec.encode(value),
      })),
    );
    await kafka.close();
  }

  async close(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}

/** What a viewer of a project is sent, of one type of frame. Resolves once it is connected. */
export async function view(address: string, project: string, type: string): Promise<readonly Frame[]> {
  const token = await signToken(
    jwtSecret,
    { subject: 'ann', projects: [project], role: 'viewer' },
    { expiresInSeconds: 60 },
  );
  const socket = new WebSocket(address + project, { headers: { authorization: `Bearer ${token}` } });
  const frames: Frame[] = [];
  const greeted = Promise.withResolvers<void>();
  socket.on('error', greeted.reject);
  socket.on('message', (data) => {
    const frame: Frame = JSON.parse(data.toString());
    if (frame.type === 'hello') greeted.resolve();
    if (frame.type === type) frames.push(frame);
  });
  await greeted.promise;
  return frames;
}
