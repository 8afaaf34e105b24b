import { describe, expect, it } from 'vitest';
import { ConnectorError } from '../contract/connector-error.ts';
import { askProvider } from './ask-provider.ts';

const never = new AbortController().signal;
const failure = (error: unknown) =>
  error instanceof ConnectorError ? error : new ConnectorError('throttled', `mapped ${error}`);
const hang = () => new Promise<never>(() => undefined);

describe('askProvider', () => {
  it('gives the answer, and lets go of the request', async () => {
    let given: AbortSignal | undefined;
    const send = async (signal: AbortSignal) => {
      given = signal;
      return 7;
    };
    expect(await askProvider({ signal: never, timeoutMs: 1000, send, failure })).toBe(7);
    expect(given?.aborted).toBe(true);
  });

  it('says what an error means', async () => {
    const send = () => Promise.reject(new Error('x'));
    await expect(askProvider({ signal: never, timeoutMs: 1000, send, failure })).rejects.toMatchObject({
      message: 'mapped Error: x',
    });
  });

  it('ends at its time, and cancels an SDK that does not', async () => {
    let given: AbortSignal | undefined;
    const send = (signal: AbortSignal) => {
      given = signal;
      return hang();
    };
    await expect(askProvider({ signal: never, timeoutMs: 20, send, failure })).rejects.toMatchObject({
      failure: 'unreachable',
    });
    expect(given?.aborted).toBe(true);
  });

  it("ends with the caller's reason, before the request or in it", async () => {
    const stop = new AbortController();
    const reason = new Error('stopped');
    const asked = askProvider({ signal: stop.signal, timeoutMs: 10_000, send: hang, failure });
    stop.abort(reason);
    await expect(asked).rejects.toBe(reason);
    const sent: unknown[] = [];
    const send = async () => void sent.push(1);
    await expect(askProvider({ signal: stop.signal, timeoutMs: 10_000, send, failure })).rejects.toBe(reason);
    expect(sent).toEqual([]);
  });
});
