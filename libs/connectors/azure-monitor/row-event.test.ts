import { describe, expect, it } from 'vitest';
import { rowEvent } from './row-event.ts';

const [ingested, generated] = ['2026-01-02T03:04:05.0000070Z', '2026-01-02T03:04:04.1234567Z'];
const eventOf = (row: string) => rowEvent(['id-1', ingested, generated, row], 'AppTraces');

describe('rowEvent', () => {
  it('keeps ticks of 100 ns', () => {
    expect(eventOf('{"Message":"x"}')).toEqual({
      id: 'id-1',
      timestamp: 1_767_323_044_123_456,
      timestampNanos: 700,
      observedTimestamp: 1_767_323_045_000_007,
      stream: 'AppTraces',
      payload: '{"Message":"x"}',
    });
  });

  it.each([
    ['2026-01-02T03:04:04Z', 1_767_323_044_000_000, 0],
    ['2026-01-02 03:04:04.5', 1_767_323_044_500_000, 0],
    ['1969-12-31T23:59:59.0000001Z', -1_000_000, 100],
  ])('reads the time %s', (time, timestamp, timestampNanos) => {
    expect(rowEvent(['id', ingested, time, '{}'], 'T')).toMatchObject({ timestamp, timestampNanos });
  });

  it('keeps every digit of numbers that a double does not hold', () => {
    const row = '{"big":9007199254740993,"precise":0.1234567890123456789,"small":7,"list":[18446744073709551615]}';
    expect(eventOf(row).payload).toBe(row);
  });

  it('takes columns with odd names for data', () => {
    const { payload } = eventOf('{"__proto__":{"polluted":true},"constructor":"c","toString":1}');
    expect(payload).toBe('{"__proto__":{"polluted":true},"constructor":"c","toString":1}');
    expect({}).not.toHaveProperty('polluted');
  });

  it('leaves out what the wrapper added', () => {
    expect(eventOf('{"a":1,"__ing":"x","__id":"y","__ingS":"z","__tgS":"w","__mine":2}').payload).toBe(
      '{"a":1,"__mine":2}',
    );
  });

  it('names the most particular source', () => {
    expect(eventOf('{"Computer":"vm","PodName":"checkout-1","_ResourceId":"/r"}').stream).toBe('checkout-1');
    expect(eventOf('{"PodName":"","_ResourceId":"/r"}').stream).toBe('/r');
  });

  it.each([
    [['', ingested, generated, '{}']],
    [[null, ingested, generated, '{}']],
    [['id', 'never', generated, '{}']],
    [['id', ingested, null, '{}']],
    [['id', ingested, generated, '']],
  ])('refuses %j: what identifies the row is missing', (row) => {
    expect(() => rowEvent(row, 'T')).toThrow(/without _ItemId, its times or its content/);
  });
});
