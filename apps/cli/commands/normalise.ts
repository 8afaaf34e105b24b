import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { cloudEvents } from '@tailrace/connectors/clouds.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { levelOf } from '@tailrace/log-record/level.ts';
import { lineEvent } from '@tailrace/normalise/line-event.ts';
import { RuleSet } from '@tailrace/normalise/own-parsing/rule-set.ts';
import { installedNormaliser } from '@tailrace/role/installed-normaliser.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { providerSymbols } from '@tailrace/schemas/generated/provider.ts';
import { Command, Option } from 'commander';
import type { CliContext } from '../cli-context.ts';
import { CliError, exitCodes } from '../cli-error.ts';
import { readLines } from '../input/read-lines.ts';
import { ParsingStats } from '../output/parsing-stats.ts';
import { drained, jsonText, visible, warn } from '../output/terminal.ts';
import { readParsingFile } from '../parsing/parsing-file.ts';

/** `tailrace normalise`: what the parsers make of each line of a file. Asks no server. */
export function normaliseCommand({ extensions }: CliContext): Command {
  return new Command('normalise')
    .description("Show what the parsers make of each line of a file: plain text, or the provider's JSON events.")
    .requiredOption('--file <path>', 'UTF-8 text; - is standard input')
    .addOption(
      new Option('--provider <cloud>', 'whose events they are; left out, what each line looks like').choices([
        ...providerSymbols,
      ]),
    )
    .option('--stats', 'shares of lines with a level, a time and a parser, and what the others look like')
    .option('--rules <path>', 'parsing rules of a connection, as YAML, tried before the parsers')
    .option('--json', 'one JSON document per line, or one with the statistics')
    .action(async ({ file, provider, stats, rules: rulesFile, json }) => {
      const rules = rulesFile === undefined ? undefined : new RuleSet(1, readParsingFile(rulesFile).compiled);
      const render = stats ? undefined : json ? renderJson : renderText;
      const counted = new ParsingStats();
      const normalise = installedNormaliser(extensions);
      const parsers = new Map<string, number>();
      const name = file === '-' ? 'standard input' : file;
      let lines = 0;
      let number = 0;
      for await (const line of readLines(chunksOf(open(file), name), name)) {
        number += 1;
        if (line === '') continue;
        lines += 1;
        const { raw, isEvent } = lineEvent(provider, line, number, Date.now(), cloudEvents);
        const normalised = normalise(raw, { partition: 0, offset: number }, { rules });
        const record = isEvent ? normalised : withoutId(normalised);
        parsers.set(record.parser, (parsers.get(record.parser) ?? 0) + 1);
        if (render === undefined) {
          counted.add(record, number);
          continue;
        }
        process.stdout.write(render(record, number));
        await drained(process.stdout);
      }
      if (render !== undefined) return warn(summary(lines, parsers));
      process.stdout.write(json ? `${jsonText(counted)}\n` : counted.text());
    });
}

function open(file: string): Readable {
  return file === '-' ? process.stdin : createReadStream(file);
}

/** The id that stands in for the one a cloud would have given says nothing. */
function withoutId(record: LogRecord): LogRecord {
  const { 'log.record.uid': _, ...attributes } = record.attributes;
  return { ...record, attributes };
}

/** A stream's chunks, with an error that says what cannot be read. */
async function* chunksOf(input: Readable, name: string): AsyncGenerator<Buffer> {
  try {
    yield* input as AsyncIterable<Buffer>;
  } catch (error) {
    throw new CliError(`--file ${name}: ${messageOf(error)}`, exitCodes.usage);
  }
}

type Render = (record: LogRecord, line: number) => string;

const renderJson: Render = (record, line) => {
  const { severity_text, severity_number, body, parser, trace_id, span_id, resource, attributes, flags } = record;
  const level = levelOf(severity_number) ?? null;
  const { truncated_from, normaliser_version } = record;
  const shown = { line, level, severity_text, parser, body, trace_id, span_id, resource, attributes, flags };
  return `${jsonText({ ...shown, truncated_from, normaliser_version })}\n`;
};

const renderText: Render = (record, line) => {
  const level = (levelOf(record.severity_number) ?? '-').toUpperCase();
  const facts: [string, string][] = [
    ...Object.entries(record.resource),
    ...Object.entries(record.attributes),
    ...(record.trace_id === null ? [] : [['trace_id', record.trace_id] as [string, string]]),
    ...(record.span_id === null ? [] : [['span_id', record.span_id] as [string, string]]),
    ...(record.flags.length === 0 ? [] : [['flags', record.flags.join(' ')] as [string, string]]),
  ];
  const lines = facts.map(([key, value]) => `    ${visible(key)} = ${visible(value)}\n`);
  return `${line}: ${level} ${record.parser}: ${visible(record.body)}\n${lines.join('')}`;
};

function summary(lines: number, parsers: ReadonlyMap<string, number>): string {
  const counts = [...parsers].sort(([, one], [, other]) => other - one).map(([parser, count]) => `${parser} ${count}`);
  const plain = parsers.get('plain') ?? 0;
  const told = counts.length === 0 ? '' : ` (${counts.join(', ')})`;
  return `${lines} ${lines === 1 ? 'line' : 'lines'}${told}; ${plain} plain`;
}
