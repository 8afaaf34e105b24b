import { status } from '@grpc/grpc-js';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { describe, expect, it } from 'vitest';
import { gcpFailure } from './gcp-failure.ts';

const failureOf = (code: number, message = 'said', more: object = {}) =>
  gcpFailure(Object.assign(new Error(`${code} ${status[code]}: ${message}`), { code, ...more }));

describe('gcpFailure', () => {
  it.each([
    ['RESOURCE_EXHAUSTED', 'throttled'],
    ['UNAUTHENTICATED', 'auth_refused'],
    ['PERMISSION_DENIED', 'permission_denied'],
    ['NOT_FOUND', 'not_found'],
    ['INVALID_ARGUMENT', 'invalid_config'],
    ['FAILED_PRECONDITION', 'invalid_config'],
    ['UNIMPLEMENTED', 'invalid_config'],
    ['UNAVAILABLE', 'unreachable'],
    ['DEADLINE_EXCEEDED', 'unreachable'],
    ['INTERNAL', 'unreachable'],
    ['UNKNOWN', 'unreachable'],
    ['ABORTED', 'unreachable'],
    ['CANCELLED', 'unreachable'],
    ['DATA_LOSS', 'unreachable'],
    ['OUT_OF_RANGE', 'unreachable'],
  ] as const)('takes %s for %s', (code, failure) => {
    expect(failureOf(status[code])).toMatchObject({ failure, help: expect.any(String) });
  });

  it('reads how long to wait from RetryInfo, and from nothing else', () => {
    const statusDetails = [{ reason: 'RATE_LIMIT_EXCEEDED' }, { retryDelay: { seconds: '7', nanos: 500_000_000 } }];
    expect(failureOf(status.RESOURCE_EXHAUSTED, 'q', { statusDetails }).retryAfterMs).toBe(7500);
    expect(failureOf(status.RESOURCE_EXHAUSTED, 'q', { statusDetails: [{}] }).retryAfterMs).toBeUndefined();
  });

  it('starts the sweep over when a page token is refused', () => {
    expect(failureOf(status.INVALID_ARGUMENT, 'page_token has expired')).toMatchObject({ failure: 'unreachable' });
  });

  it('knows what comes without a status: a refused assertion', () => {
    expect(gcpFailure(new Error('invalid_grant: Invalid JWT Signature.'))).toMatchObject({ failure: 'auth_refused' });
    expect(gcpFailure('neither error nor text')).toMatchObject({ failure: 'unreachable' });
  });

  it('shows no secret: not in the message, not in the log', () => {
    const secret = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----';
    const cause = new Error(`cannot use ${secret}`, { cause: new Error(`because of ${secret}`) });
    const error = gcpFailure(Object.assign(new Error(`failed with ${secret}`, { cause }), { code: 13 }), [secret]);
    const lines: string[] = [];
    createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } }).warn({ err: error }, 'x');
    expect(lines.join()).toContain('13');
    for (const text of [error.message, String(error.stack), lines.join()]) expect(text).not.toContain('MIIEvQ');
  });
});
