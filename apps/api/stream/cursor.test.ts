import type { LogPosition } from '@tailrace/postgres/logs/log-scan.ts';
import { testRecord } from '@tailrace/postgres/test-records.ts';
import { describe, expect, it } from 'vitest';
import { decodeCursor } from '../resources/page-cursor.ts';
import { logIds, neighbours } from './cursor.ts';

const [a, b, c] = [1, 2, 3].map((index) => testRecord(index));
const at = ({ timestamp, id }: { timestamp: number; id: string }): LogPosition => ({ timestamp, id });
const read = (cursor: string | null) => (cursor === null ? null : decodeCursor('before', cursor, logIds));
const scanned: LogPosition = { timestamp: 5, id: '0'.repeat(32) };

describe('neighbours', () => {
  it('of a full page lie at its first and last line', () => {
    const { older, newer } = neighbours('older', undefined, { records: [c!, b!], end: at(b!), isLast: false });
    expect([read(older), read(newer)]).toEqual([at(b!), at(c!)]);
  });

  it('of a page that ended early go on from where the search came to', () => {
    const { older } = neighbours('older', at(c!), { records: [], end: scanned, isLast: false });
    expect(read(older)).toEqual(scanned);
    const { newer } = neighbours('newer', at(a!), { records: [], end: scanned, isLast: false });
    expect(read(newer)).toEqual(scanned);
  });

  it('has nothing older once the range is exhausted', () => {
    expect(neighbours('older', undefined, { records: [a!], end: scanned, isLast: true }).older).toBeNull();
  });

  it('always has something newer to come, right after the last line seen', () => {
    const end = { timestamp: 9e15, id: 'f'.repeat(32) };
    expect(read(neighbours('newer', at(a!), { records: [b!, c!], end, isLast: true }).newer)).toEqual(at(c!));
    expect(read(neighbours('newer', at(a!), { records: [], end, isLast: true }).newer)).toEqual(at(a!));
  });

  it('of nothing at all is nothing', () => {
    expect(neighbours('older', undefined, { records: [], end: scanned, isLast: true })).toEqual({
      older: null,
      newer: null,
    });
  });
});
