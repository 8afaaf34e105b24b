import type { Codec } from '../codec.ts';
import { RecordCodec } from '../record-codec.ts';
import { SchemaError } from '../schema/schema.ts';
import { learnSchema } from './learned-schemas.ts';
import type { SchemaRegistry } from './schema-registry.ts';
import { singleObjectHeader, startsWith } from './single-object.ts';

/** A byte of 0 and the schema's id, big-endian. */
const headerLength = 5;
/** How long an id that the registry does not know is not asked for again, milliseconds. */
const unknownForMs = 60_000;
/** Ids in corrupt bytes are many; the oldest is forgotten. */
const mostUnknown = 1000;

interface Topic {
  readonly name: string;
  readonly codec: Codec<unknown>;
}

/**
 * Changes between single-object encoding, which codecs speak, and Confluent's wire format, which the broker holds when a
 * schema registry is configured. Only the header differs.
 * https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
 */
export class ConfluentWireFormat {
  readonly #registry: SchemaRegistry;
  /** By topic, the header that its codec writes and the one that goes to the broker. */
  readonly #written = new Map<string, { readonly ours: Buffer; readonly theirs: Buffer }>();
  /** By id, the single-object header of its schema. */
  readonly #read = new Map<number, Buffer>();
  /** By id, until when it is not asked for. */
  readonly #unknown = new Map<number, number>();
  readonly #asking = new Map<number, Promise<void>>();

  private constructor(registry: SchemaRegistry) {
    this.#registry = registry;
  }

  /**
   * Registers the schema of each topic as subject `<prefix><topic>-value`.
   * @throws SchemaRejectedError, RegistryUnavailableError
   */
  static async register(registry: SchemaRegistry, topics: Iterable<Topic>, prefix = ''): Promise<ConfluentWireFormat> {
    const format = new ConfluentWireFormat(registry);
    for (const { name, codec } of topics) {
      if (!(codec instanceof RecordCodec)) throw new TypeError(`${name} has no Avro codec`);
      const id = await registry.register(`${prefix}${name}-value`, codec.schema);
      format.#knows(name, id, singleObjectHeader(codec.fingerprint));
    }
    return format;
  }

  /** A codec's bytes as the broker gets them. Topics that were not registered stay as they are. */
  toWire(topic: string, bytes: Buffer): Buffer {
    const headers = this.#written.get(topic);
    if (headers === undefined || !startsWith(bytes, headers.ours)) return bytes;
    return Buffer.concat([headers.theirs, bytes.subarray(headers.ours.length)]);
  }

  /** The broker's bytes as codecs read them. Those of no known id stay as they are, and codecs refuse them. */
  fromWire(bytes: Buffer): Buffer {
    const id = idIn(bytes);
    const header = id === undefined ? undefined : this.#read.get(id);
    return header === undefined ? bytes : Buffer.concat([header, bytes.subarray(headerLength)]);
  }

  /** The id to `resolve` before `fromWire`; undefined when there is nothing to find out. */
  unresolvedId(bytes: Buffer): number | undefined {
    const id = idIn(bytes);
    if (id === undefined || this.#read.has(id)) return undefined;
    return (this.#unknown.get(id) ?? 0) > performance.now() ? undefined : id;
  }

  /** Asks the registry for a schema; resolves too when it has none of this id. @throws RegistryUnavailableError */
  resolve(id: number): Promise<void> {
    const asking = this.#asking.get(id) ?? this.#ask(id).finally(() => this.#asking.delete(id));
    this.#asking.set(id, asking);
    return asking;
  }

  async #ask(id: number): Promise<void> {
    const schema = await this.#registry.schema(id);
    const fingerprint = schema === undefined ? undefined : learned(schema);
    if (fingerprint === undefined) this.#doesNotKnow(id);
    else this.#read.set(id, singleObjectHeader(fingerprint));
  }

  #knows(topic: string, id: number, ours: Buffer): void {
    const theirs = Buffer.alloc(headerLength);
    theirs.writeUInt32BE(id, 1);
    this.#written.set(topic, { ours, theirs });
    this.#read.set(id, ours);
  }

  #doesNotKnow(id: number): void {
    const oldest = this.#unknown.keys().next();
    if (this.#unknown.size >= mostUnknown && !oldest.done) this.#unknown.delete(oldest.value);
    this.#unknown.delete(id);
    this.#unknown.set(id, performance.now() + unknownForMs);
  }
}

function idIn(bytes: Buffer): number | undefined {
  return bytes.length > headerLength && bytes[0] === 0 ? bytes.readUInt32BE(1) : undefined;
}

/** The fingerprint of a schema that resolution understands. */
function learned(schema: string): string | undefined {
  try {
    return learnSchema(schema);
  } catch (error) {
    if (error instanceof SchemaError) return undefined;
    throw error;
  }
}
