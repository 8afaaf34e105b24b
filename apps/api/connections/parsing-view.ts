import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import { noParser } from '@tailrace/log-record/parsers.ts';
import type { ParsingCounts } from '@tailrace/postgres/logs/parsing-counts.ts';
import { z } from 'zod';

export const parsingView = z
  .object({
    connection_id: z.string(),
    lines: z.int().describe('How many of the newest stored lines were looked at; 0: none is stored of that time.'),
    since: z.string().describe('Event time of the oldest of them, or from which on there is none; RFC 3339.'),
    with_level: z.int().describe('Lines that have a level: their own, or what the cloud says of them.'),
    with_time: z.int().describe('Lines whose text states a time; it is the attribute log.time.'),
    plain: z.int().describe('Lines that no parser knew; the filter parser=plain finds them.'),
    parsers: z
      .array(z.object({ parser: z.string(), lines: z.int() }))
      .describe('What read the lines, the most frequent first.'),
  })
  .meta({ id: 'ConnectionParsing' });

export function toParsingView(
  connectionId: string,
  { lines, since, withLevel, withTime, byParser }: ParsingCounts,
): z.output<typeof parsingView> {
  const parsers = Array.from(byParser, ([parser, count]) => ({ parser, lines: count }));
  return {
    connection_id: connectionId,
    lines,
    since: isoNanos(since),
    with_level: withLevel,
    with_time: withTime,
    plain: byParser.get(noParser) ?? 0,
    parsers: parsers.sort((one, other) => other.lines - one.lines || (one.parser < other.parser ? -1 : 1)),
  };
}
