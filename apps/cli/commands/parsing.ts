import { createReadStream } from 'node:fs';
import { one } from '@tailrace/http/client/one-or-list.ts';
import type { ParsingPreviewLine } from '@tailrace/http/contract/generated.ts';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { ApiClient } from '../api-client.ts';
import type { CliContext } from '../cli-context.ts';
import { parseSince } from '../input/duration.ts';
import { ProjectNames } from '../input/project-names.ts';
import { readLines } from '../input/read-lines.ts';
import { visible, warn } from '../output/terminal.ts';
import { printJson } from '../output/text-table.ts';
import { readParsingFile } from '../parsing/parsing-file.ts';
import { replay } from './replays.ts';

const mostLines = 100;
/** Of lines together, characters: a request has at most 256 KiB unless the server is set otherwise. */
const mostCharacters = 100_000;

/** `tailrace connections parsing …`: the rules by which a connection's lines are read before the parsers. */
export function parsingCommand(context: CliContext): Command {
  const group = new Command('parsing').description(
    "See, try and set a connection's own parsing rules, and mend what was read before them.",
  );
  const command = (name: string, description: string) => {
    const made = new Command(name)
      .description(description)
      .argument('<connection>', 'its name, or conn_…')
      .requiredOption('--project <id>', 'project of the connection')
      .option('--json', 'the answer as JSON');
    group.addCommand(made);
    return made;
  };
  const client = (options: { project: string }) => new ApiClient(context, options.project);
  const pathOf = async (text: string, { project }: { project: string }) => ({
    id: await new ProjectNames(context, project).idOf('connection', text),
  });

  command('show', 'Show the rules, as YAML that set takes.').action(async (name, options) => {
    const answer = await client(options).call('GET connections/{id}', { path: await pathOf(name, options) });
    const { parsing: shown } = one(answer, 'connections');
    if (options.json) return printJson(shown);
    process.stdout.write(stringify({ rules: shown.rules }, { lineWidth: 0 }));
    warn(`version ${shown.version} of the rules`);
  });

  command('set', 'Replace the rules by those of a file. Lines that come from now on are read by them.')
    .requiredOption('--file <path>', 'YAML with a list named rules; - is standard input')
    .action(async (name, options) => {
      const { rules } = readParsingFile(options.file);
      const path = await pathOf(name, options);
      const body = { parsing_rules: rules };
      const { parsing: stored } = await client(options).call('PUT connections/{id}', { path, body });
      if (options.json) return printJson(stored);
      process.stdout.write(`${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}, version ${stored.version}\n`);
      warn(
        `To see what they change of the past: tailrace connections parsing replay ${name} --project ${options.project}`,
      );
    });

  command('preview', 'Show what rules make of the last lines of the connection, or of a file. Changes nothing.')
    .option('--file <path>', 'the rules, as YAML; those of the connection when left out')
    .option('--lines <path>', `lines to try them on, the first ${mostLines}; - is standard input`)
    .action(async (name, options) => {
      const rules = options.file === undefined ? undefined : readParsingFile(options.file).rules;
      const lines = options.lines === undefined ? undefined : await firstLines(options.lines);
      const shown = await client(options).call('POST connections/{id}/parsing/preview', {
        path: await pathOf(name, options),
        body: { parsing_rules: rules, lines },
      });
      if (options.json) return printJson(shown);
      process.stdout.write(shown.lines.map(renderLine).join(''));
      const taken = Object.entries(shown.taken).map(([rule, count]) => `${rule} ${count}`);
      warn([`${shown.lines.length} lines`, ...taken, `${shown.untaken} by no rule`].join(', '));
      if (shown.missing > 0) warn(`${shown.missing} more are no longer kept, or were not tried since the time was up`);
    });

  command('replay', 'Compare the stored lines with what the present rules make of them, or apply that.')
    .option('--since <time>', 'event time to begin at: 6h, or a time; all that is kept when left out', parseSince)
    .option('--apply', 'write what differs; without it nothing is written')
    .option('--detach', 'do not wait for its end')
    .action((name, { since = 'earliest', apply, ...options }) =>
      replay(context, { ...options, since, connection: [name], shadow: apply !== true }),
    );
  return group;
}

async function firstLines(path: string): Promise<string[]> {
  const input = path === '-' ? process.stdin : createReadStream(path);
  const lines: string[] = [];
  let characters = 0;
  for await (const line of readLines(input as AsyncIterable<Buffer>, path)) {
    characters += line.length;
    if (lines.length > 0 && characters > mostCharacters) break;
    if (line !== '') lines.push(line);
    if (lines.length === mostLines) break;
  }
  return lines;
}

function renderLine(line: ParsingPreviewLine): string {
  const { rule, parser, level, time, message, attributes, unread, misses, text } = line;
  const facts = [
    ...(time === null ? [] : [`time = ${time}`]),
    ...Object.entries(attributes).map(([name, value]) => `${name} = ${value}`),
    ...unread.map((each) => `${each.group} is no ${each.use}: ${each.text}`),
    ...(rule === null ? misses.map((each) => `${each.rule}: ${each.reason}`) : []),
  ];
  const head = `${(level ?? '-').toUpperCase()} ${rule === null ? parser : `rule:${rule}`}: ${visible(message)}`;
  return [`> ${visible(text)}`, `  ${head}`, ...facts.map((fact) => `    ${visible(fact)}`), ''].join('\n');
}
