/**
 * The parts of kafkajs 2.2.4 below its clients, as far as this driver uses them. The package exports every file, and
 * 2.2.4 is its last release, so these hold; package.json pins the version exactly.
 */
declare module 'kafkajs/src/network/connectionPool.js' {
  import type { Socket } from 'node:net';
  import type { ConnectionOptions } from 'node:tls';

  export interface RequestQueue {
    readonly pending: readonly unknown[];
    readonly throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  }

  /** Bytes in kafkajs' own form: its requests are encoders, of which it reads these two. */
  export interface Encoded {
    readonly buf: Buffer;
    readonly buffer: Buffer;
  }

  export interface Exchange<Answer> {
    readonly request: {
      readonly apiKey: number;
      readonly apiName: string;
      readonly apiVersion: number;
      encode(): Promise<Encoded>;
    };
    readonly response: {
      decode(payload: Buffer): Promise<Answer>;
      parse(answer: Answer): Promise<Answer>;
    };
    readonly logResponseError?: boolean;
  }

  export interface Connection {
    readonly connectionStatus: 'connected' | 'disconnecting' | 'disconnected';
    readonly requestQueue: RequestQueue;
    readonly socket: Socket | undefined;
    send<Answer>(exchange: Exchange<Answer>): Promise<Answer>;
  }

  export interface SaslOptions {
    readonly mechanism: string;
    readonly username: string;
    readonly password: string;
  }

  export interface ConnectionPoolOptions {
    readonly host: string;
    readonly port: number;
    readonly ssl: ConnectionOptions | null;
    readonly sasl: SaslOptions | null;
    readonly clientId: string;
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly enforceRequestTimeout: boolean;
    readonly maxInFlightRequests: number | null;
    readonly socketFactory: (options: {
      readonly host: string;
      readonly port: number;
      readonly ssl: ConnectionOptions | null;
      readonly onConnect: () => void;
    }) => Socket;
    readonly logger: unknown;
  }

  export default class ConnectionPool {
    constructor(options: ConnectionPoolOptions);
    readonly pool: readonly Connection[];
    getConnection(index: number): Promise<Connection>;
    isConnected(): boolean;
  }
}

declare module 'kafkajs/src/broker/index.js' {
  import type ConnectionPool from 'kafkajs/src/network/connectionPool.js';

  export type ApiVersions = Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>;

  interface ProducerRequest {
    readonly transactionalId: string;
    readonly producerId: string;
    readonly producerEpoch: number;
  }

  interface MemberRequest {
    readonly groupId: string;
    readonly memberId: string;
  }

  export default class Broker {
    constructor(options: {
      readonly connectionPool: ConnectionPool;
      readonly logger: unknown;
      readonly nodeId: number | null;
      readonly versions: ApiVersions | null;
      readonly authenticationTimeout: number;
    });
    readonly connectionPool: ConnectionPool;
    readonly versions: ApiVersions | null;
    isConnected(): boolean;
    connect(): Promise<void>;

    findGroupCoordinator(request: { readonly groupId: string; readonly coordinatorType: number }): Promise<{
      readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number };
    }>;

    initProducerId(request: {
      readonly transactionalId: string | undefined;
      readonly transactionTimeout: number;
    }): Promise<{ readonly producerId: string; readonly producerEpoch: number }>;
    addPartitionsToTxn(
      request: ProducerRequest & {
        readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
      },
    ): Promise<unknown>;
    addOffsetsToTxn(request: ProducerRequest & { readonly groupId: string }): Promise<unknown>;
    endTxn(request: ProducerRequest & { readonly transactionResult: boolean }): Promise<unknown>;

    joinGroup(request: {
      readonly groupId: string;
      readonly sessionTimeout: number;
      readonly rebalanceTimeout: number;
      readonly memberId: string;
      readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
    }): Promise<{
      readonly generationId: number;
      readonly leaderId: string;
      readonly memberId: string;
      readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
    }>;
    syncGroup(
      request: MemberRequest & {
        readonly generationId: number;
        readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
      },
    ): Promise<{ readonly memberAssignment: Buffer }>;
    heartbeat(request: MemberRequest & { readonly groupGenerationId: number }): Promise<unknown>;
    leaveGroup(request: MemberRequest): Promise<unknown>;

    listOffsets(request: {
      readonly replicaId: number;
      readonly isolationLevel: number;
      readonly topics: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[];
      }[];
    }): Promise<{
      readonly responses: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
      }[];
    }>;

    deleteTopics(request: { readonly topics: readonly string[]; readonly timeout: number }): Promise<unknown>;
    deleteGroups(groupIds: readonly string[]): Promise<{
      readonly results: readonly { readonly groupId: string; readonly errorCode: number }[];
    }>;
    describeGroups(request: { readonly groupIds: readonly string[] }): Promise<{
      readonly groups: readonly {
        readonly members: readonly {
          readonly clientId: string;
          readonly clientHost: string;
          readonly memberAssignment: Buffer;
        }[];
      }[];
    }>;
    describeConfigs(request: {
      readonly resources: readonly {
        readonly type: number;
        readonly name: string;
        readonly configNames: readonly string[];
      }[];
    }): Promise<{
      readonly resources: readonly {
        readonly resourceName: string;
        readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[];
      }[];
    }>;
  }
}

declare module 'kafkajs/src/protocol/error.js' {
  export const errorCodes: readonly { readonly type: string; readonly code: number; readonly message: string }[];
}
