import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { describe, expect, it } from 'vitest';
import { normalise } from './normalise.ts';

/** Lines of prose, code and lists with the words of levels in them: none states a level. */
const lines = readFileSync(join(import.meta.dirname, 'prose.txt'), 'utf8')
  .trimEnd()
  .split('\n');

const time = Date.UTC(2026, 10, 30, 11, 22, 33) * 1000;

function levelOf(message: string): number {
  const raw: RawEvent = {
    connection_id: 'conn_1',
    project_id: 'demo',
    provider: 'aws',
    event_id: 'e1',
    timestamp: time,
    timestamp_nanos: 0,
    observed_timestamp: time,
    ingest_timestamp: time,
    source: {},
    stream: 's',
    payload: JSON.stringify({ message }),
    rewind_id: null,
  };
  return normalise(raw, { partition: 0, offset: 0 }).severity_number;
}

describe('prose with the words of levels in it', () => {
  it('is a corpus of at least 500 lines', () => {
    expect(lines.length).toBeGreaterThanOrEqual(500);
  });

  it('states no level on its own', () => {
    expect(lines.filter((line) => levelOf(line) !== 0)).toEqual([]);
  });

  it.each([
    // A number behind a time is a process to every reader: `12 ERROR lines were counted` is left out.
    ['an ISO time', (line: string) => (/^[0-9]/.test(line) ? line : `2026-11-30T11:22:33.123Z ${line}`)],
    ['a time in brackets', (line: string) => (/^[0-9]/.test(line) ? line : `[2026-11-30 11:22:33] ${line}`)],
    ['a time and a thread', (line: string) => (/^[0-9]/.test(line) ? line : `2026-11-30 11:22:33,123 [main] ${line}`)],
    ['Go’s time', (line: string) => (/^[0-9]/.test(line) ? line : `2026/11/30 11:22:33 ${line}`)],
    ['seconds since the epoch', (line: string) => (/^[0-9]/.test(line) ? line : `1796037753: ${line}`)],
    ['a syslog header without a host', (line: string) => `Nov 30 11:22:33 app[12]: ${line}`],
    ['a syslog header', (line: string) => `Nov 30 11:22:33 host app[12]: ${line}`],
    ['a CRI header', (line: string) => `2026-11-30T11:22:33.123456789Z stdout F ${line}`],
    ['a JSON envelope', (line: string) => JSON.stringify({ log: line, stream: 'stdout' })],
    ['a JSON field', (line: string) => JSON.stringify({ message: line, id: 7 })],
  ])('states no level behind %s', (_, wrap) => {
    expect(lines.filter((line) => levelOf(wrap(line)) !== 0)).toEqual([]);
  });
});
