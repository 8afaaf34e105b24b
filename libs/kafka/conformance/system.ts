import type { Compression } from '../compression.ts';
import type { Kafka, OutgoingRecord } from '../kafka.ts';

export interface ConnectOptions {
  readonly compression?: Compression;
  /** As in `KafkaOptions`; left out: long enough for a killed broker to come back. */
  readonly retryTimeoutMs?: number;
}

/** A broker and ways to hurt its clients: what the conformance suite needs to know of an implementation. */
export interface KafkaSystem {
  /** A client as another process would have it: it shares nothing with earlier ones. The suite closes it. */
  connect(options?: ConnectOptions): Promise<Kafka>;
  /** As kill -9: the client's connections end without a word and no new one opens. */
  crash(kafka: Kafka): void;
  /** As SIGSTOP or a hung network: nothing arrives any more, either way, and no connection ends. */
  stall(kafka: Kafka): void;
  /** Ends `stall`. What was under way arrives. */
  resume(kafka: Kafka): void;
  /** DeleteRecords: the partition begins at this offset from now on. */
  truncate(topic: string, partition: number, offset: number): Promise<void>;
  close(): Promise<void>;
  /** Present when `KafkaFeatures.network` says so. */
  readonly network?: NetworkFaults;
  /** Present when `KafkaFeatures.broker` says so. */
  readonly broker?: BrokerProcess;
  /** Another implementation on the same broker and topics; present when `KafkaFeatures.peer` names one. */
  connectPeer?(options: { readonly compression: Compression }): Promise<Kafka>;
}

/** What a system has beyond the interface. Tests of what it has not are not made, so that none is counted as passed. */
export interface KafkaFeatures {
  /** Empty where records are not compressed. */
  readonly compressions: readonly Compression[];
  /** Clients have connections that can be hurt one by one. */
  readonly network: boolean;
  /** There is a broker process that can be killed and started. */
  readonly broker: boolean;
  /** The other implementation that reads what this one writes, and the other way round. */
  readonly peer?: { readonly name: string; readonly compressions: readonly Compression[] };
}

export interface NetworkFaults {
  /** The next answer of this API key is dropped and its connection cut: the request was carried out, nobody knows. */
  loseAnswer(kafka: Kafka, apiKey: number): void;
  /** Keeps this client's next request of the API key, even when the client gives up; the answer lets it go on. */
  holdRequest(kafka: Kafka, apiKey: number): HeldRequest;
  /** Bytes this client has been sent so far. */
  received(kafka: Kafka): number;
  /** Requests this client has made so far. */
  requests(kafka: Kafka): number;
}

export interface HeldRequest {
  /** Resolves when the request is there and held. */
  readonly held: Promise<void>;
  /** Sends it on; resolves when the broker has answered. */
  release(): Promise<void>;
}

export interface BrokerProcess {
  /** As kill -9; returns once it is gone. */
  kill(): Promise<void>;
  /** Starts it on the same data and port; returns once it answers. */
  start(): Promise<void>;
}

/** Kafka's API keys that tests name. */
export const apiKeys = { produce: 0, fetch: 1, endTransaction: 26, initProducerId: 22, transactionOffsetCommit: 28 };

/** The plain record of a test. */
export function record(topic: string, partition: number, value: string): OutgoingRecord {
  return { topic, partition, key: Buffer.from(`key of ${value}`), value: Buffer.from(value) };
}
