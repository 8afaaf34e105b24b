import { listed, one } from '@tailrace/http/client/one-or-list.ts';
import type { Replay } from '@tailrace/http/contract/generated.ts';
import { Command, InvalidArgumentError } from 'commander';
import { ApiClient } from '../api-client.ts';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../cli-error.ts';
import { followReplay } from '../follow-replay.ts';
import { collect } from '../input/collect.ts';
import { parseSince } from '../input/duration.ts';
import { ProjectNames } from '../input/project-names.ts';
import { hasEnded, outcomeText, percentOf, progressText } from '../output/replay-text.ts';
import { jsonText, visible, warn } from '../output/terminal.ts';
import { printJson, textTable } from '../output/text-table.ts';

interface ReplayOptions {
  readonly project: string;
  readonly since: string;
  readonly until?: string;
  readonly connection?: string[];
  readonly shadow?: boolean;
  readonly rate?: number;
  readonly detach?: boolean;
  readonly json?: boolean;
}

/** `tailrace replay`: asks for a replay and shows how it does. */
export function replayCommand(context: CliContext): Command {
  return new Command('replay')
    .description('Normalise retained raw events again with the current parsers, beside live processing.')
    .requiredOption('--project <id>', 'project of the events')
    .requiredOption('--since <time>', 'event time to begin at: 6h, or a time', parseSince)
    .option('--until <time>', 'event time to end before: 1h, or a time; now when left out', parseSince)
    .option('--connection <name>', 'only events of this connection, by name or id (repeatable)', collect)
    .option('--shadow', 'write nothing; compare with the stored lines and report the differences')
    .option('--rate <records>', 'normalise at most this many a second', positive)
    .option('--detach', 'do not wait until it has finished')
    .option('--json', 'its states as JSON, one a line')
    .action((options: ReplayOptions) => replay(context, options));
}

/** Asks for a replay and shows how it does until it has ended, unless it is to be left alone. */
export async function replay(context: CliContext, options: ReplayOptions): Promise<void> {
  const client = new ApiClient(context, options.project);
  const names = new ProjectNames(context, options.project);
  const connections = options.connection?.map((each) => names.idOf('connection', each));
  const asked = await client.call('POST replays', {
    body: {
      project_id: options.project,
      connection_ids: connections && (await Promise.all(connections)),
      from: options.since,
      to: options.until,
      mode: options.shadow ? 'shadow' : 'apply',
      records_per_second: options.rate,
    },
  });
  if (options.detach) {
    if (options.json) process.stdout.write(`${jsonText(asked)}\n`);
    else process.stdout.write(`${asked.id}\n`);
    return;
  }
  warn(`${asked.id}: events from ${asked.from} to ${asked.to}`);
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  const json = options.json === true;
  const ended = await followReplay(client, asked, { json, signal: interrupted.signal });
  if (ended === undefined) {
    warn(`The replay goes on. To end it: tailrace replays cancel ${asked.id} --project ${options.project}`);
    process.exitCode = exitCodes.interrupted;
    return;
  }
  if (!json) process.stdout.write(outcomeText(ended));
  if (ended.status !== 'completed') process.exitCode = exitCodes.failed;
}

/** `tailrace replays …`: see and steer replays. */
export function replaysCommand(context: CliContext): Command {
  const group = new Command('replays').description('List and control the replays of a project.');
  const command = (name: string, description: string) => {
    const made = new Command(name)
      .description(description)
      .requiredOption('--project <id>', 'project of the replay')
      .option('--json', 'print the answer as JSON');
    group.addCommand(made);
    return made;
  };

  command('list', 'List them, newest first.').action(async ({ project, json }) => {
    const answer = await new ApiClient(context, project).call('GET replays/{id}', { path: { id: project } });
    if (json) return printJson(answer);
    const names = new ProjectNames(context, project);
    const called = await names.all('connection');
    const rows = listed(answer, 'replays').replays.map((each) => [
      each.id,
      each.mode,
      each.status,
      percentOf(each),
      each.from,
      each.to,
      whatOf(each, called),
    ]);
    process.stdout.write(textTable(['ID', 'MODE', 'STATUS', 'DONE', 'FROM', 'TO', 'CONNECTIONS'], rows));
    if (rows.length === 0) await names.warnIfEmpty();
  });

  command('show', 'Show one, with its outcome.')
    .argument('<id>', 'rpl_…')
    .action(async (id, { project, json }) => {
      const answer = await new ApiClient(context, project).call('GET replays/{id}', { path: { id } });
      if (json) return printJson(answer);
      const each = one(answer, 'replays');
      const facts = [
        ['id', each.id],
        ['events', `${each.from} to ${each.to}`],
        ['connections', whatOf(each, await new ProjectNames(context, project).all('connection'))],
        ['mode', each.mode],
        ['status', each.status],
        ['progress', `${percentOf(each)}, ${progressText(each)}`],
      ];
      process.stdout.write(facts.map(([name, value]) => `${`${name}:`.padEnd(13)} ${value}\n`).join(''));
      if (hasEnded(each)) process.stdout.write(`\n${outcomeText(each)}`);
    });

  for (const [name, description] of [
    ['cancel', 'Cancel one; what it has written stays.'],
    ['pause', 'Pause one; its position is kept.'],
    ['resume', 'Resume one where it was paused.'],
  ] as const) {
    command(name, description)
      .argument('<id>', 'rpl_…')
      .action(async (id, { project, json }) => {
        const steered = await new ApiClient(context, project).call(`POST replays/{id}/${name}`, { path: { id } });
        if (json) return printJson(steered);
        process.stdout.write(`${steered.status}\n`);
      });
  }
  return group;
}

/** A connection that is gone has its id left. */
function whatOf({ connection_ids: ids }: Replay, called: ReadonlyMap<string, string>): string {
  return ids.length === 0 ? 'all' : visible(ids.map((id) => called.get(id) ?? id).join(', '));
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 1.');
  return Number(text);
}
