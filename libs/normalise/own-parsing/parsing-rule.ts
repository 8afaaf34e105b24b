import { severityOfWord } from '@tailrace/log-record/severity.ts';
import { type output, z } from 'zod';
import { zoneProblem } from './local-time.ts';
import { timeFormatProblem } from './time-format.ts';

/** Rules of one connection. */
export const maxRules = 20;
const maxPattern = 2000;
const maxAttributeName = 100;
/** Written by Tailrace itself. */
const ownAttributes: ReadonlySet<string> = new Set(['log.time', 'log.record.uid', 'log.record.original']);

const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/,
    'must be 1 to 40 letters, digits, dots, hyphens or underscores, and begin with a letter or digit',
  );
const group = z.string().min(1, 'must name a group of the pattern').max(maxAttributeName);

const attributeName = z
  .string()
  .regex(
    /^[\w@./-]{1,100}$/,
    'must be 1 to 100 letters, digits, underscores, dots, hyphens, slashes or @, such as http.response.status_code',
  )
  .refine((text) => !ownAttributes.has(text), 'is written by Tailrace itself: choose another name');

/** A level by its usual word, or OpenTelemetry's number. */
const level = z
  .union([z.string().max(20), z.int()])
  .refine(
    (value) => severityOf(value) !== 0,
    'must be trace, debug, info, notice, warn, error, critical or fatal, or 1 to 24',
  );

const time = z.strictObject({
  group: group.optional().describe('The group that holds it. Default: time, or timestamp.'),
  format: z
    .string()
    .min(1)
    .max(100)
    .superRefine(asIssue(timeFormatProblem))
    .optional()
    .describe(
      'Where it is not self-evident: letters such as dd.MM.yyyy HH:mm:ss,SSS, strptime’s such as %d/%b/%Y, or unix, unix_ms, unix_us, unix_ns.',
    ),
  zone: z
    .string()
    .min(1)
    .max(60)
    .superRefine(asIssue(zoneProblem))
    .optional()
    .describe('Of times that bear none: Europe/Vienna, +02:00. Left out: they stay local.'),
});

const levelOfLine = z.strictObject({
  group: group.optional().describe('The group that holds it. Default: level, or severity.'),
  map: z
    .record(z.string().min(1).max(40), level)
    .refine((map) => Object.keys(map).length <= 50, 'may have at most 50 entries')
    .optional()
    .describe(
      'What the texts mean, case aside where nothing fits exactly: {"5": "error", "W": "warn"}. Usual words need no entry.',
    ),
  always: level.optional().describe('Of every line that the rule takes, unless its text says another.'),
});

/** One rule, as people write it. */
export const parsingRule = z
  .strictObject({
    name: name.describe('Lines that it takes have the parser rule:<name>.'),
    pattern: z
      .string()
      .min(1, 'must not be empty')
      .max(maxPattern, `must have at most ${maxPattern} characters`)
      .describe(
        'RE2 with named groups, and grok’s names: ^%{TIMESTAMP_ISO8601:time} (?P<level>\\w) %{GREEDYDATA:message}',
      ),
    when: z
      .strictObject({
        stream: z.string().min(1).max(200).optional().describe('The source stream; * stands for any text.'),
        contains: z.string().min(1).max(200).optional().describe('Text that the line holds.'),
      })
      .optional()
      .describe('Lines that it is tried on. Default: all.'),
    multiline: z
      .boolean()
      .optional()
      .describe('The pattern sees the whole event. Default: its first line, and the message goes on behind it.'),
    time: time.optional(),
    level: levelOfLine.optional(),
    message: group
      .optional()
      .describe('The group that is the message. Default: message; without one it is the whole line.'),
    attributes: z
      .record(group, attributeName)
      .refine((map) => Object.keys(map).length <= 50, 'may have at most 50 entries')
      .optional()
      .describe('Names of attributes by group. Groups that are not here keep their own names.'),
  })
  .meta({ id: 'ParsingRule' });

export type ParsingRule = output<typeof parsingRule>;

/** The number of a level as rules write it; 0 for what is none. */
export function severityOf(value: string | number): number {
  if (typeof value === 'string') return severityOfWord(value);
  return value >= 1 && value <= 24 ? value : 0;
}

function asIssue(problemOf: (text: string) => string | undefined) {
  return (text: string, context: z.RefinementCtx) => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  };
}
