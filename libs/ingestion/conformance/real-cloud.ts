import { createLogger } from '@tailrace/telemetry/logger.ts';
import { describe, expect, it } from 'vitest';
import type { Connector } from '../contract/configure.ts';
import type { Page, Source } from '../contract/connector.ts';
import type { ConnectorFailure } from '../contract/connector-error.ts';

/** A real cloud, and what of the environment says how to reach it. */
export interface RealCloud {
  readonly name: string;
  readonly connector: Connector;
  /** Fields of the configuration, and the environment variable that each is taken from. */
  readonly variables: Readonly<Record<string, string>>;
  /** The same, for fields that need not be there. */
  readonly optional?: Readonly<Record<string, string>>;
  /** Changes that make the connection test fail. */
  readonly wrong: readonly {
    readonly change: Readonly<Record<string, unknown>>;
    readonly failure: ConnectorFailure | readonly ConnectorFailure[];
  }[];
}

const hourMicros = 3_600_000_000;
const timeoutMs = 120_000;

/**
 * Reads a real cloud with a connector, where the environment has credentials for it; says that it did not, and which
 * variables it needs, where not. Writes nothing.
 */
export function describeRealCloud({ name, connector, variables, optional = {}, wrong }: RealCloud): void {
  const missing = Object.values(variables).filter((variable) => !process.env[variable]);
  const config = Object.fromEntries(
    Object.entries({ ...variables, ...optional }).flatMap(([field, variable]) => {
      const value = process.env[variable];
      return value ? [[field, value]] : [];
    }),
  );
  const sourceOf = (change: object = {}): Source =>
    connector.configure({ ...config, ...change }).open({ logger: createLogger({ level: 'silent' }) });

  describe(`the real ${name}`, { timeout: timeoutMs }, () => {
    if (missing.length > 0) {
      const why = `is not read: set ${missing.join(', ')} to have it read`;
      // Not every reporter names what was skipped.
      console.info(`The real ${name} ${why}`);
      it.skip(why, () => undefined);
      return;
    }

    it('passes the connection test', async () => {
      const source = sourceOf();
      await source.test(AbortSignal.timeout(timeoutMs));
      await source.close();
    });

    it('shows the same events whenever the same hour is swept', async () => {
      const now = Math.floor(Date.now() / 1000) * 1_000_000;
      const range = { start: now - 2 * hourMicros, end: now - hourMicros };
      const source = sourceOf({ batch_size: 500, request_timeout_ms: 60_000 });
      const first = await idsOf(source.sweep(range, AbortSignal.timeout(timeoutMs)));
      const second = await idsOf(source.sweep(range, AbortSignal.timeout(timeoutMs)));
      // Some may have come late meanwhile; none may be missing, and none be there twice.
      const found = new Set(second);
      expect(first.filter((id) => !found.has(id))).toEqual([]);
      expect(found.size).toBe(second.length);
      await source.close();
    });

    for (const { change, failure } of wrong) {
      it(`says what is wrong with another ${Object.keys(change).join()}`, async () => {
        const failures: ConnectorFailure[] = [...[failure].flat()];
        const error = await outcomeOf(() => sourceOf(change), timeoutMs);
        expect(error).toMatchObject({ name: 'ConnectorError', failure: expect.toBeOneOf(failures) });
      });
    }
  });
}

async function outcomeOf(open: () => Source, waitMs: number): Promise<unknown> {
  const source = open();
  try {
    await source.test(AbortSignal.timeout(waitMs));
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await source.close();
  }
}

async function idsOf(pages: AsyncIterable<Page>): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { events } of pages) ids.push(...events.map(({ id }) => id));
  return ids;
}
