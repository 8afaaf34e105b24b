import { logLine } from '@tailrace/log-query/log-line.ts';
import { type output, z } from 'zod';

/** A page of stored lines, as the API gives it. */
export const logPageView = z.object({
  logs: z.array(logLine).describe('Newest first.'),
  older: z.string().nullable().describe('Cursor for before=; null when the range holds nothing older that matches.'),
  newer: z
    .string()
    .nullable()
    .describe('Cursor for after=; lines may still come, so it is null only when there is no line at all.'),
  live_from: z
    .string()
    .nullable()
    .describe('Cursor of the live stream up to which all lines were stored when this was read; null before any was.'),
  complete: z.boolean().describe('False when the time was up before the page was full: go on with older (or newer).'),
});
export type LogPageView = output<typeof logPageView>;

/** The lines around a line. */
export const logContextView = z
  .object({ before: z.array(logLine), line: logLine, after: z.array(logLine) })
  .describe('Each oldest first.');
export type LogContextView = output<typeof logContextView>;
