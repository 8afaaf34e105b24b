import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { recordId } from './record-id.ts';

describe('recordId', () => {
  it('is the first half of SHA-256 over both ids', () => {
    const digest = createHash('sha256').update('conn_a').update(Buffer.of(0)).update('37939').digest('hex');
    expect(recordId('conn_a', '37939')).toBe(digest.slice(0, 32));
  });

  it('stays what it was: rows written by earlier versions must be found again', () => {
    expect(recordId('conn_abcdefghijklmnopqrstuvwx', '37939876543210')).toBe('f696de4ba474f9805e9c5e10800ba0b0');
  });

  it('distinguishes ids that are the same when joined', () => {
    expect(recordId('conn_a', 'bc')).not.toBe(recordId('conn_ab', 'c'));
  });
});
