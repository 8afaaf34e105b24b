import { describe, expect, it } from 'vitest';
import { spanIdOf, traceIdOf, traceparentOf, xrayHeaderOf } from './trace-context.ts';

const id = '0af7651916cd43dd8448eb211c80319c';

describe('trace ids', () => {
  it.each([
    [id, id],
    [id.toUpperCase(), id],
    ['1-0af76519-16cd43dd8448eb211c80319c', id],
    [`projects/p/traces/${id}`, id],
    ['0'.repeat(32), null],
    ['g'.repeat(32), null],
    [id.slice(1), null],
    ['1-0af76519x16cd43dd8448eb211c80319c', null],
    ['projects/p/traces/short', null],
    ['/traces/'.repeat(1000), null],
    ['', null],
  ])('of %.60s is %s', (text, expected) => {
    expect(traceIdOf(text)).toBe(expected);
  });
});

describe('span ids', () => {
  it.each([
    ['b7ad6b7169203331', 'b7ad6b7169203331'],
    ['B7AD6B7169203331', 'b7ad6b7169203331'],
    ['0000000000000000', null],
    ['b7ad6b716920333', null],
    ['b7ad6b716920333z', null],
  ])('of %s is %s', (text, expected) => {
    expect(spanIdOf(text)).toBe(expected);
  });
});

describe('headers', () => {
  it('reads W3C traceparent, also of later versions', () => {
    const context = { traceId: id, spanId: 'b7ad6b7169203331' };
    expect(traceparentOf(`00-${id}-b7ad6b7169203331-01`)).toEqual(context);
    expect(traceparentOf(`cc-${id}-b7ad6b7169203331-01-what-follows`)).toEqual(context);
  });

  it.each([
    '',
    `00-${id}-b7ad6b7169203331`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-${id}-0000000000000000-01`,
    `00-${id}-b7ad6b7169203331-01x`,
  ])('refuses %s', (text) => {
    expect(traceparentOf(text)).toBeNull();
  });

  it("reads AWS's header in any order", () => {
    expect(xrayHeaderOf('Sampled=1;Parent=b7ad6b7169203331;Root=1-0af76519-16cd43dd8448eb211c80319c')).toEqual({
      traceId: id,
      spanId: 'b7ad6b7169203331',
    });
    expect(xrayHeaderOf('Self=1-x;Root=1-0af76519-16cd43dd8448eb211c80319c')).toEqual({ traceId: id, spanId: null });
    expect(xrayHeaderOf('Parent=b7ad6b7169203331')).toBeNull();
  });
});
