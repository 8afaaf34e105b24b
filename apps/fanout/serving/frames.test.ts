import { frames } from '@tailrace/http/contract/frames.ts';
import { parseFrame } from '@tailrace/http/contract/shape.ts';
import { testRecord } from '@tailrace/postgres/test-records.ts';
import { expect, test } from 'vitest';
import { fetchedFrame, lineJson, logsFrame } from './frames.ts';

const lines = [testRecord(1), testRecord(2, { severity_number: 0, body: 'quotes " and\u2028breaks' })].map(lineJson);

test.each([
  ['lines', logsFrame(lines, 'a "cursor"')],
  ['no line', logsFrame([], 'c')],
  ['fetched lines', fetchedFrame(lines)],
])(
  'a frame of %s that is put together as text is what the schema of frames has, and what clients take',
  (_name, text) => {
    const frame: unknown = JSON.parse(text);
    expect(frames.ServerFrame.parse(frame)).toEqual(frame);
    expect(parseFrame(text)).toEqual({ frame });
  },
);
