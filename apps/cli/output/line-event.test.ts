import { lineEvent } from '@tailrace/normalise/line-event.ts';
import { providerSymbols } from '@tailrace/schemas/generated/provider.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../input/read-lines.ts';

const now = Date.UTC(2026, 0, 1);

describe('lineEvent', () => {
  it.each([
    ['aws', '{"message":"INFO up"}', 'message'],
    ['azure', '{"Message":"INFO up"}', 'Message'],
    ['gcp', '{"textPayload":"INFO up"}', 'textPayload'],
  ] as const)('wraps a line that is no event of %s', (provider, payload, field) => {
    const { raw, isEvent } = lineEvent(provider, 'INFO up', 3, now);
    expect(isEvent).toBe(false);
    expect(raw).toMatchObject({ provider, payload, timestamp: now * 1000, event_id: 'line 3' });
    const json = JSON.stringify({ level: 'info', msg: 'up' });
    expect(JSON.parse(lineEvent(provider, json, 1, now).raw.payload)).toEqual({ [field]: json });
  });

  it.each([
    ['aws', { eventId: 'e1', timestamp: 5, logStreamName: 's', message: 'm' }, 5000, 'e1', 's'],
    [
      'azure',
      { TimeGenerated: '2026-01-01T00:00:00.5Z', _ItemId: 'i', Type: 'AppTraces', PodName: 'p' },
      now * 1000 + 500_000,
      'i',
      'p',
    ],
    ['gcp', { insertId: 'x', timestamp: '2026-01-01T00:00:01Z', textPayload: 'm' }, now * 1000 + 1_000_000, 'x', ''],
  ] as const)('takes an event of %s as it is, with its time and id', (provider, event, timestamp, id, stream) => {
    const line = JSON.stringify(event);
    const { raw, isEvent } = lineEvent(provider, line, 1, now);
    expect(isEvent).toBe(true);
    expect(raw).toMatchObject({ payload: line, timestamp, event_id: id, stream });
  });

  it.each([
    ['aws', { eventId: 'e1', message: 'm' }],
    ['azure', { TimeGenerated: '2026-01-01T00:00:00.5Z', Message: 'm' }],
    ['gcp', { insertId: 'x', textPayload: 'm' }],
  ] as const)('knows an event of %s by its fields', (provider, event) => {
    expect(lineEvent(undefined, JSON.stringify(event), 1, now)).toMatchObject({ isEvent: true, raw: { provider } });
  });

  it('takes JSON that is no cloud’s event for a line of text where no cloud is named', () => {
    const line = '{"level":"info","message":"up"}';
    const { raw, isEvent } = lineEvent(undefined, line, 1, now);
    expect([isEvent, JSON.parse(raw.payload)]).toEqual([false, { message: line }]);
  });

  it('takes any line', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json());
    fc.assert(
      fc.property(fc.constantFrom(...providerSymbols), text, (provider, line) => {
        const { raw } = lineEvent(provider, line, 1, now);
        expect(Number.isSafeInteger(raw.timestamp)).toBe(true);
        expect(typeof JSON.parse(raw.payload)).toBe('object');
      }),
    );
  });
});

describe('readLines', () => {
  async function lines(chunks: readonly Buffer[]): Promise<string[]> {
    const found: string[] = [];
    const input = (async function* () {
      yield* chunks;
    })();
    for await (const line of readLines(input, 'a file')) found.push(line);
    return found;
  }

  it('finds the lines wherever the chunks are cut', async () => {
    const lineOf = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n\ufeff]/g, ''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(lineOf, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.integer({ min: 2, max: 9 }),
        async (written, end, isEnded, size) => {
          const bytes = Buffer.from(`\ufeff${written.join(end)}${isEnded ? end : ''}`);
          const chunks: Buffer[] = [];
          for (let start = 0; start < bytes.length; start += size) chunks.push(bytes.subarray(start, start + size));
          // What stands behind the last line end is a line only if there is something.
          const wanted = isEnded || written.at(-1) !== '' ? written : written.slice(0, -1);
          const found = await lines(chunks);
          expect(found).toEqual(written.length === 1 && written[0] === '' && !isEnded ? [''] : wanted);
        },
      ),
    );
  });

  it.each([
    ['compressed', Buffer.from([0x1f, 0x8b, 8]), 'it is compressed'],
    ['UTF-16', Buffer.from([0xff, 0xfe, 65, 0]), 'it is UTF-16'],
    ['without line ends', Buffer.alloc(5 * 1024 * 1024, 'x'), 'line 1 is over 4 MiB'],
  ])('refuses what is %s', async (_, bytes, message) => {
    await expect(lines([bytes])).rejects.toThrow(message);
  });
});
