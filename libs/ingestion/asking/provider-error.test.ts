import { describe, expect, it } from 'vitest';
import { printableCause, safeMessage } from './provider-error.ts';

const secret = 's3cr3t-value';

describe('safeMessage', () => {
  it.each([
    [new Error('first\nsecond'), 'first'],
    [new Error(`no ${secret}, ${secret}`), 'no [redacted], [redacted]'],
    ['plain text', 'plain text'],
    [undefined, 'undefined'],
    [new Error('x'.repeat(1000)), `${'x'.repeat(500)}…`],
  ])('makes one short line of %s', (error, said) => {
    expect(safeMessage(error, [secret, ''])).toBe(said);
  });

  it('masks a secret of several lines', () => {
    expect(safeMessage(new Error('bad key: a-line\nb-line.'), ['a-line\nb-line'])).toBe('bad key: [redacted].');
  });
});

describe('printableCause', () => {
  it('keeps name, code, place and causes, and nothing that an SDK hangs on its errors', () => {
    const inner = Object.assign(new Error(`inner ${secret}`), { code: 'ECONNREFUSED' });
    const error = Object.assign(new TypeError(`outer ${secret}`, { cause: inner }), { code: 14, request: { secret } });
    const printable = printableCause(error, [secret]);
    expect(printable).toMatchObject({ name: 'TypeError', message: 'outer [redacted]', code: 14 });
    expect(printable.cause).toMatchObject({ message: 'inner [redacted]', code: 'ECONNREFUSED' });
    expect(printable.stack).toContain('provider-error.test.ts');
    expect(JSON.stringify([printable, printable.stack, (printable.cause as Error).stack])).not.toContain(secret);
    expect(printable).not.toHaveProperty('request');
  });

  it('ends with causes that go round', () => {
    const error = new Error('round');
    error.cause = error;
    expect(printableCause(error)).toBeInstanceOf(Error);
  });
});
