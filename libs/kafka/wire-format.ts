import type { ConfluentWireFormat } from '@tailrace/avro/registry/confluent-wire-format.ts';
import type {
  FetchedBatch,
  Kafka,
  OutgoingRecord,
  Producer,
  Reader,
  TopicPartition,
  TopicPartitionOffset,
  Transaction,
  TransactionalProducer,
  Unanswered,
} from './kafka.ts';

/**
 * The same Kafka with values in Confluent's wire format at the broker and in single-object encoding here. Standing here,
 * where calls are asynchronous anyway, it lets codecs be synchronous: a schema is fetched before the first record that
 * needs it is handed out. While the registry is unreachable, polls reject with remedy `retry` and nothing is skipped; a record
 * whose schema the registry does not know comes as it is, and its codec refuses it.
 */
export function withWireFormat(kafka: Kafka, format: ConfluentWireFormat): Kafka {
  return {
    client: kafka.client,
    admin: kafka.admin,
    transactionalProducer: async (id) => transactional(await kafka.transactionalProducer(id), format),
    producer: async () => plain(await kafka.producer(), format),
    joinGroup: (options) => kafka.joinGroup(options),
    reader: async (options) => new WireFormatReader(await kafka.reader(options), format),
    close: () => kafka.close(),
  };
}

function plain(producer: Producer, format: ConfluentWireFormat): Producer {
  return {
    send: (records) => producer.send(toWire(records, format)),
    close: () => producer.close(),
  };
}

function transactional(producer: TransactionalProducer, format: ConfluentWireFormat): TransactionalProducer {
  return {
    transactionalId: producer.transactionalId,
    begin: () => inTransaction(producer.begin(), format),
    close: () => producer.close(),
  };
}

function inTransaction(transaction: Transaction, format: ConfluentWireFormat): Transaction {
  return {
    send: (records) => transaction.send(toWire(records, format)),
    commitOffsets: (group, offsets) => transaction.commitOffsets(group, offsets),
    commit: () => transaction.commit(),
    abort: () => transaction.abort(),
  };
}

function toWire(records: readonly OutgoingRecord[], format: ConfluentWireFormat): OutgoingRecord[] {
  return records.map((record) => {
    if (record.value === null) return record;
    return { ...record, value: format.toWire(record.topic, record.value) };
  });
}

class WireFormatReader implements Reader {
  readonly #reader: Reader;
  readonly #format: ConfluentWireFormat;
  /** Polled, and waiting for a schema. */
  #held: readonly FetchedBatch[] = [];

  constructor(reader: Reader, format: ConfluentWireFormat) {
    this.#reader = reader;
    this.#format = format;
  }

  async poll(signal?: AbortSignal): Promise<FetchedBatch[]> {
    if (this.#held.length === 0) this.#held = await this.#reader.poll(signal);
    await this.#resolveSchemas(signal);
    if (signal?.aborted && this.#unresolvedIds().size > 0) return [];
    const batches = this.#held.map((batch) => fromWire(batch, this.#format));
    this.#held = [];
    return batches;
  }

  seek(position: TopicPartitionOffset): void {
    this.#release(position);
    this.#reader.seek(position);
  }

  remove(partition: TopicPartition): void {
    this.#release(partition);
    this.#reader.remove(partition);
  }

  pause(partition: TopicPartition): void {
    const first = this.#release(partition)?.records[0];
    if (first !== undefined) this.#reader.seek({ ...bare(partition), offset: first.offset });
    this.#reader.pause(partition);
  }

  resume(partition: TopicPartition): void {
    this.#reader.resume(partition);
  }

  unanswered(): readonly Unanswered[] {
    return this.#reader.unanswered();
  }

  close(): Promise<void> {
    this.#held = [];
    return this.#reader.close();
  }

  /** Ends early, with ids unresolved, when the signal is aborted; the registry's answer serves the next poll. */
  async #resolveSchemas(signal: AbortSignal | undefined): Promise<void> {
    const asking = Promise.all([...this.#unresolvedIds()].map((id) => this.#format.resolve(id)));
    if (signal === undefined) return void (await asking);
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      await Promise.race([asking, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
      asking.catch(() => undefined);
    }
  }

  #unresolvedIds(): Set<number> {
    const ids = new Set<number>();
    for (const { records } of this.#held) {
      for (const { value } of records) {
        const id = value === null ? undefined : this.#format.unresolvedId(value);
        if (id !== undefined) ids.add(id);
      }
    }
    return ids;
  }

  #release({ topic, partition }: TopicPartition): FetchedBatch | undefined {
    const released = this.#held.find((batch) => batch.topic === topic && batch.partition === partition);
    this.#held = this.#held.filter((batch) => batch !== released);
    return released;
  }
}

function bare({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition };
}

function fromWire(batch: FetchedBatch, format: ConfluentWireFormat): FetchedBatch {
  const records = batch.records.map((record) => {
    return record.value === null ? record : { ...record, value: format.fromWire(record.value) };
  });
  return { ...batch, records };
}
