import { listed, one } from '@tailrace/http/client/one-or-list.ts';
import type { Connection, ConnectionParsing, ConnectionRewind } from '@tailrace/http/contract/generated.ts';
import { sharesText } from '@tailrace/log-query/shares-text.ts';
import { providerSymbols } from '@tailrace/schemas/generated/provider.ts';
import { Command, Option } from 'commander';
import { ApiClient } from '../api-client.ts';
import type { CliContext } from '../cli-context.ts';
import { CliError } from '../cli-error.ts';
import { parseSince } from '../input/duration.ts';
import { ProjectNames } from '../input/project-names.ts';
import { readConfigFile } from '../input/read-config-file.ts';
import { visible } from '../output/terminal.ts';
import { printJson, textTable } from '../output/text-table.ts';
import { parsingCommand } from './parsing.ts';

/** `tailrace connections …`: what the API's connection routes do, for a shell. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a table of subcommands with their options and short actions.
export function connectionsCommand(context: CliContext): Command {
  const group = new Command('connections').description('List and control the connections of a project.');
  const command = (name: string, description: string) => {
    const made = new Command(name)
      .description(description)
      .requiredOption('--project <id>', 'project of the connection')
      .option('--json', 'print the answer as JSON');
    group.addCommand(made);
    return made;
  };
  const client = (options: { project: string }) => new ApiClient(context, options.project);
  const names = (options: { project: string }) => new ProjectNames(context, options.project);
  const pathOf = async (text: string, options: { project: string }) => ({
    id: await names(options).idOf('connection', text),
  });

  command('list', 'List them with their state.').action(async (options) => {
    const answer = await client(options).call('GET connections/{id}', { path: { id: options.project } });
    if (options.json) return printJson(answer);
    const { connections } = listed(answer, 'connections');
    const rows = connections.map((each) => [
      each.id,
      each.cloud_provider,
      stateOf(each),
      lagOf(each),
      visible(each.connection_name),
      remarkOf(each),
    ]);
    process.stdout.write(textTable(['ID', 'CLOUD', 'STATE', 'LAG', 'NAME', 'REMARK'], rows));
    if (connections.length === 0) await names(options).warnIfEmpty();
  });

  command('add', 'Add one. Secrets are read from the file, never from the command line.')
    .addOption(new Option('--provider <cloud>').choices([...providerSymbols]).makeOptionMandatory())
    .requiredOption('--name <name>', 'display name')
    .requiredOption('--config <file>', 'JSON of connection_config; - is standard input')
    .action(async (options) => {
      const connection = await client(options).call('POST connections', {
        body: {
          project_id: options.project,
          connection_name: options.name,
          cloud_provider: options.provider,
          connection_config: readConfigFile(options.config),
        },
      });
      if (options.json) return printJson(connection);
      process.stdout.write(`${connection.id}\n`);
    });

  for (const [name, description] of [
    ['start', 'Start reading from the cloud.'],
    ['stop', 'Stop reading; the position is kept.'],
    ['pause', 'Pause reading; the position is kept.'],
    ['test', 'Call the cloud and report whether it works.'],
  ] as const) {
    command(name, description)
      .argument('<connection>', 'its name, or conn_…')
      .action(async (id, options) => {
        const answer = await client(options).call(`POST connections/{id}/${name}`, {
          path: await pathOf(id, options),
        });
        if (options.json) return printJson(answer);
        process.stdout.write(`${visible(answer.message)}\n`);
      });
  }

  command(
    'rewind',
    'Read the source again from an earlier time; stored lines are replaced, and live reading continues.',
  )
    .argument('<connection>', 'its name, or conn_…')
    .requiredOption('--to <time>', 'how far back: a duration such as 6h, or a time', parseSince)
    .option('--reason <text>', 'why, for people')
    .action(async (id, options) => {
      const answer = await client(options).call('POST connections/{id}/rewind', {
        path: await pathOf(id, options),
        body: { to: options.to, ...(options.reason !== undefined && { reason: options.reason }) },
      });
      if (options.json) return printJson(answer);
      const { rewind_id: rewind, to } = answer;
      process.stdout.write(`${rewind} reads again from ${to}\n`);
    });

  command('status', 'Show one in full.')
    .argument('<connection>', 'its name, or conn_…')
    .action(async (id, options) => {
      const api = client(options);
      const path = await pathOf(id, options);
      const [answer, stats, parsing] = await Promise.all([
        api.call('GET connections/{id}', { path }),
        api.call('GET connections/{id}/stats', { path }),
        parsingOf(api, path),
      ]);
      if (options.json) return printJson({ ...answer, stats, parsing: parsing ?? null });
      const each = one(answer, 'connections');
      const error = each.status?.last_error;
      const facts: [string, string][] = [
        ['id', each.id],
        ['name', visible(each.connection_name)],
        ['cloud', each.cloud_provider],
        ['state', stateOf(each)],
        ['lag', lagOf(each)],
        ['complete up to', each.status?.complete_up_to ?? 'unknown'],
        ...heldBackFacts(each),
        ['understood', parsing === undefined ? 'unknown: the log database is unreachable' : understoodText(parsing)],
        ...Object.entries(stats)
          .filter(([name, value]) => typeof value === 'number' && name !== 'lag_ms')
          .map(([name, value]): [string, string] => [name.replaceAll('_', ' '), String(value)]),
        ...(each.rewind ? [['rewind', rewindOf(each.rewind)] as [string, string]] : []),
        ...(error
          ? [
              ['last error', visible(error.message)] as [string, string],
              ['what to do', visible(error.help ?? '')] as [string, string],
            ]
          : []),
      ];
      process.stdout.write(facts.map(([name, value]) => `${`${name}:`.padEnd(20)} ${value}\n`).join(''));
    });

  command('delete', 'Delete one, with its position.')
    .argument('<connection>', 'its name, or conn_…')
    .action(async (id, options) => {
      await client(options).call('DELETE connections/{id}', { path: await pathOf(id, options) });
    });
  group.addCommand(parsingCommand(context));
  return group;
}

/** What the parsers made of its lines; undefined while stored lines cannot be read, which says nothing of the connection. */
async function parsingOf(api: ApiClient, path: { readonly id: string }): Promise<ConnectionParsing | undefined> {
  try {
    return await api.call('GET connections/{id}/parsing-stats', { path });
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

function understoodText(parsing: ConnectionParsing): string {
  const { lines, since } = parsing;
  if (lines === 0) return `no line is stored since ${since}`;
  return `${sharesText(parsing)}, of the newest ${lines} ${lines === 1 ? 'line' : 'lines'}`;
}

function stateOf({ desired_state: desired, status }: Connection): string {
  return status?.state ?? (desired === 'running' ? 'waiting' : desired);
}

function rewindOf({ rewind_id: id, to, state, position, events }: ConnectionRewind): string {
  return `${id} from ${to}: ${state}${position === null ? '' : `, ${events} lines up to ${position}`}`;
}

/** What a lag alone does not say: why "complete up to" stands, or that nothing comes. */
function remarkOf({ status }: Connection): string {
  if (status?.held_back) return `held back since ${status.held_back.since}: ${visible(status.held_back.detail)}`;
  return status?.quiet_since ? `quiet since ${status.quiet_since}` : '';
}

function heldBackFacts({ status }: Connection): [string, string][] {
  if (status?.quiet_since) return [['quiet since', status.quiet_since]];
  if (!status?.held_back) return [];
  const { since, detail, help } = status.held_back;
  return [
    ['held back since', since],
    ['because', visible(detail)],
    ...(help === null ? [] : [['what to do', visible(help)] as [string, string]]),
  ];
}

function lagOf({ status }: Connection): string {
  return status?.lag_ms === null || status === null ? '-' : `${(status.lag_ms / 1000).toFixed(1)}s`;
}
