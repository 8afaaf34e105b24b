import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '@tailrace/cli/program.ts';

type Command = ReturnType<typeof createProgram>;
type Option = Command['options'][number];
type Argument = Command['registeredArguments'][number];

/**
 * `node scripts/generate-cli-reference.ts` writes docs/cli.md from the commands themselves, between the page's two markers.
 */
const page = join(import.meta.dirname, '..', 'docs', 'cli.md');
const [begin, end] = ['<!-- commands -->', '<!-- /commands -->'];

/** docs/cli.md as it should be. @throws when its markers are missing. */
export function cliPage(): string {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/cli.md lacks the markers ${begin} and ${end}`);
  const program = createProgram({ env: {}, directory: '/' });
  const sections = program.commands.flatMap((command) => sectionsOf(command, 2));
  return `${text.slice(0, from + begin.length)}\n\n${sections.join('\n\n')}\n\n${text.slice(to)}`;
}

/** One section for the command and one for each of its subcommands. */
function sectionsOf(command: Command, level: number): string[] {
  const name = nameOf(command);
  const options = command.options.filter(({ hidden }) => !hidden);
  const parts = [`${'#'.repeat(level)} ${name}`, command.description()];
  if (command.commands.length === 0) parts.push(`\`\`\`text\n${name} ${command.usage()}\n\`\`\``);
  if (command.registeredArguments.length > 0)
    parts.push(table('argument', command.registeredArguments.map(argumentRow)));
  if (options.length > 0) parts.push(table('option', options.map(optionRow)));
  return [parts.join('\n\n'), ...command.commands.flatMap((each) => sectionsOf(each, level + 1))];
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function table(first: string, rows: readonly string[]): string {
  return [`| ${first} | meaning |`, '|---|---|', ...rows].join('\n');
}

function argumentRow(argument: Argument): string {
  return row(argument.name(), argument.description, argument.required ? 'required' : '');
}

function optionRow(option: Option): string {
  const choices = option.argChoices === undefined ? '' : `one of ${option.argChoices.join(', ')}`;
  return row(option.flags, option.description, option.mandatory ? 'required' : '', choices, presetOf(option));
}

function presetOf({ defaultValue, defaultValueDescription, negate }: Option): string {
  if (negate || defaultValue === undefined || defaultValue === true) return '';
  if (Array.isArray(defaultValue) && defaultValue.length === 0) return '';
  return `default ${defaultValueDescription ?? String(defaultValue)}`;
}

function row(name: string, description: string, ...facts: readonly string[]): string {
  const said = facts.filter((fact) => fact !== '').join('; ');
  const sentence = description === '' || said === '' ? `${description}${said}` : `${description} (${said})`;
  return `| \`${name}\` | ${sentence.replaceAll('|', '\\|')} |`;
}

if (import.meta.main) writeFileSync(page, cliPage());
