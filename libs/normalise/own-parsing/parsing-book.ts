import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { ConnectionParsing } from '@tailrace/schemas/generated/connection-parsing.ts';
import { openTable, type Table } from '@tailrace/stream/reading/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { NormaliseEvent } from '../normaliser-topology.ts';
import { compileRules } from './compile-rules.ts';
import { RuleSet } from './rule-set.ts';

/** Of a connection, what concerns its lines. */
interface KnownParsing {
  readonly parsing: ConnectionParsing | null;
}

/**
 * The connections with nothing but their rules: what is sealed, or none of the normaliser's business, is dropped as it is
 * read.
 */
const parsingOfConnections: TopicSpec<KnownParsing> = {
  ...topics.connections,
  codec: {
    ...topics.connections.codec,
    encode: () => {
      throw new Error('the rules of a connection are written with the connection');
    },
    decode: (bytes) => ({ parsing: topics.connections.codec.decode(bytes).parsing }),
  },
};

/** The rules of every connection as the table has them, ready to be tried; a change is in force as soon as it is read. */
export class ParsingBook {
  readonly #table: Table<KnownParsing>;
  readonly #logger: Logger;
  readonly #ready = new Map<string, RuleSet>();

  private constructor(kafka: Kafka, logger: Logger) {
    this.#logger = logger;
    this.#table = openTable({
      kafka,
      logger,
      topic: parsingOfConnections,
      onChange: ({ key, value, previous }) => {
        if (value?.parsing?.version !== previous?.parsing?.version) this.#ready.delete(key);
      },
    });
  }

  /** Resolves once the rules of all connections have been read. Rejects with the error of a table that was closed before. */
  static async open({ kafka, logger }: { readonly kafka: Kafka; readonly logger: Logger }): Promise<ParsingBook> {
    const book = new ParsingBook(kafka, logger);
    try {
      await book.#table.caughtUp;
    } catch (error) {
      await book.close();
      throw error;
    }
    return book;
  }

  /** Those of a connection; undefined for one that never had any, or is gone. */
  rulesOf(connectionId: string): RuleSet | undefined {
    const parsing = this.#table.get(connectionId)?.parsing;
    if (parsing === undefined || parsing === null) return undefined;
    const ready = this.#ready.get(connectionId) ?? this.#compile(connectionId, parsing);
    this.#ready.set(connectionId, ready);
    return ready;
  }

  /** Whether there is such a connection. */
  has(connectionId: string): boolean {
    return this.#table.get(connectionId) !== undefined;
  }

  /** When the rules of one of the connections changed last, microseconds; 0 for never. @param ids empty: of all */
  changedAt(ids: readonly string[]): number {
    const known =
      ids.length > 0 ? ids.map((id) => this.#table.get(id)) : [...this.#table.entries()].map(([, value]) => value);
    return Math.max(0, ...known.map((each) => each?.parsing?.changed_at ?? 0));
  }

  /**
   * Resolves when as much of each partition of `connections` has been read as somebody else had.
   * @param positions the next offset of each. @throws the signal's reason
   */
  async readUpTo(positions: readonly number[], signal: AbortSignal): Promise<void> {
    await Promise.all(positions.map((offset, partition) => this.#table.untilOffset(partition, offset, signal)));
  }

  /** Lines by the rules of their connections. @param base what reads them with these rules. */
  normaliser(base: NormaliseEvent): NormaliseEvent {
    return (raw, position, options = {}) => {
      const rules = this.rulesOf(raw.connection_id);
      return base(raw, position, rules === undefined ? options : { ...options, rules });
    };
  }

  close(): Promise<void> {
    return this.#table.close();
  }

  /** Rules that code of another version took and this one does not are passed over: the line is read by the parsers. */
  #compile(connection: string, { version, rules }: ConnectionParsing): RuleSet {
    const compiled = compileRules(parsed(rules));
    if (!('problems' in compiled)) return new RuleSet(version, compiled);
    const [first] = compiled.problems;
    this.#logger.error(
      { connection, version, problem: first },
      'the parsing rules of a connection cannot be used: its lines are read by the parsers. Save the rules again',
    );
    return new RuleSet(version, { rules: [], seenLength: 0 });
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
