import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import type { ReplayRequest } from '@tailrace/schemas/generated/replay-request.ts';
import { expect, it } from 'vitest';
import { selectionOf } from './replay-selection.ts';

const noon = Date.parse('2026-01-31T12:00:00Z') * 1000;
const hour = 3_600_000_000;
const request = {
  project_id: 'shop',
  connection_ids: ['conn_a'],
  from: noon,
  to: noon + hour,
} as unknown as ReplayRequest;
const event = (fields: Partial<RawEvent>) =>
  ({
    project_id: 'shop',
    connection_id: 'conn_a',
    timestamp: noon,
    observed_timestamp: noon,
    ingest_timestamp: noon,
    ...fields,
  }) as RawEvent;

it.each([
  ['its own', {}, true],
  ['another connection', { connection_id: 'conn_b' }, false],
  ['another project', { project_id: 'bank' }, false],
  ['the end', { timestamp: noon + hour }, false],
  ['before', { timestamp: noon - 1 }, false],
  ['no time to be believed, and arrived in the range', { timestamp: 0 }, true],
  ['no time to be believed, and arrived before', { timestamp: 0, observed_timestamp: noon - 1 }, false],
])('a replay’s selection takes the time under which an event stands as a line: %s', (_name, fields, holds) => {
  expect(selectionOf(request).holds(event(fields))).toBe(holds);
});
