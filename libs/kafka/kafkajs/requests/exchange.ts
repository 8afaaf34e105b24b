import type { Encoded, Exchange } from 'kafkajs/src/network/connectionPool.js';
import { ByteReader } from '../../protocol/byte-reader.ts';
import { ByteWriter } from '../../protocol/byte-writer.ts';

interface RequestSpec<Answer> {
  readonly apiKey: number;
  readonly apiName: string;
  readonly apiVersion: number;
  /** Whether this version has tagged fields (KIP-482), and so a header with them. */
  readonly flexible: boolean;
  write(to: ByteWriter): void;
  read(from: ByteReader): Answer | Promise<Answer>;
}

/** A request and its answer in a version that kafkajs does not have, in the form its connections take. */
export function exchange<Answer>(spec: RequestSpec<Answer>): Exchange<Answer> {
  const { apiKey, apiName, apiVersion, flexible } = spec;
  return {
    request: {
      apiKey,
      apiName,
      apiVersion,
      encode: async (): Promise<Encoded> => {
        const writer = new ByteWriter();
        // kafkajs writes header version 1; version 2 has a tagged-fields section more.
        if (flexible) writer.noTags();
        spec.write(writer);
        const buffer = writer.written();
        return { buf: buffer, buffer };
      },
    },
    response: {
      decode: async (payload) => {
        const reader = new ByteReader(payload);
        if (flexible) reader.skipTags();
        return spec.read(reader);
      },
      parse: async (answer) => answer,
    },
  };
}
