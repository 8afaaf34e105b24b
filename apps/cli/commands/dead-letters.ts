import type { AnswerOf } from '@tailrace/http/client/api-calls.ts';
import type { DeadLetter, Operations } from '@tailrace/http/contract/generated.ts';
import { deadReasons } from '@tailrace/stream/processing/dead-letter.ts';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ApiClient } from '../api-client.ts';
import type { CliContext } from '../cli-context.ts';
import { CliError, exitCodes } from '../cli-error.ts';
import { parseSince } from '../input/duration.ts';
import { ProjectNames } from '../input/project-names.ts';
import { jsonText, visible, warn } from '../output/terminal.ts';
import { textTable } from '../output/text-table.ts';

type ReplayBody = Operations['POST dead-letters/replay']['body'];
type ReplayAnswer = AnswerOf<'POST dead-letters/replay'>;

/** The server takes no more places in one call. */
const placesPerCall = 1000;

/** `tailrace dead-letters …`: see the records that could not be read, and put them back. */
export function deadLettersCommand(context: CliContext): Command {
  const group = new Command('dead-letters').description('List records that could not be read, and reprocess them.');
  const command = (name: string, description: string) => {
    const made = new Command(name)
      .description(description)
      .requiredOption('--project <id>', 'project of the records')
      .addOption(new Option('--reason <code>', 'only of this reason').choices(deadReasons))
      .option('--connection <name>', 'only of this connection, by name or id')
      .option('--json', 'the answers as JSON, one a line');
    group.addCommand(made);
    return made;
  };

  command('list', 'List them, newest first. Each is named by PLACE.')
    .option('--since <time>', 'that failed since: 1h, or a time', parseSince)
    .option('--limit <number>', 'at most so many', positive, 50)
    .action(async (options) => {
      const client = new ApiClient(context, options.project);
      const names = new ProjectNames(context, options.project);
      if (options.connection !== undefined) options.connection = await names.idOf('connection', options.connection);
      const rows: string[][] = [];
      let cursor: string | null = null;
      let left: number = options.limit;
      do {
        const page: AnswerOf<'GET dead-letters/{project_id}'> = await client.call('GET dead-letters/{project_id}', {
          path: { project_id: options.project },
          query: {
            limit: Math.min(left, 200),
            from: options.since,
            reason: options.reason,
            connection: options.connection,
            cursor: cursor ?? undefined,
          },
        });
        cursor = page.next_cursor;
        left -= page.dead_letters.length;
        for (const each of page.dead_letters) {
          if (options.json) process.stdout.write(`${jsonText(each)}\n`);
          else rows.push(rowOf(each));
        }
      } while (cursor !== null && left > 0);
      if (!options.json)
        process.stdout.write(textTable(['PLACE', 'FAILED', 'REASON', 'RECORD', 'REPLAYED', 'DETAIL'], rows));
      if (left === options.limit) await names.warnIfEmpty();
      if (cursor !== null) warn(`There are older ones: --limit shows more than ${options.limit}.`);
    });

  command('replay', 'Reprocess them: those named by their PLACE, or every one that matches with --all.')
    .argument('[places...]', 'partition/offset, as list shows them')
    .option('--all', 'every one that matches')
    .option('--force', 'also those that were reprocessed before')
    .action(async (places: string[], options) => {
      if (places.length > 0 === Boolean(options.all)) {
        throw new CliError('give either places or --all', exitCodes.usage);
      }
      if (places.length > 0 && (options.reason ?? options.connection) !== undefined) {
        throw new CliError('--reason and --connection go with --all only', exitCodes.usage);
      }
      const client = new ApiClient(context, options.project);
      if (options.connection !== undefined) {
        options.connection = await new ProjectNames(context, options.project).idOf('connection', options.connection);
      }
      const send = async (what: Selection): Promise<ReplayAnswer> => {
        const body = { project_id: options.project, ...what, ...(options.force && { force: true }) };
        const answer = await client.call('POST dead-letters/replay', { body });
        if (options.json) process.stdout.write(`${jsonText(answer)}\n`);
        return answer;
      };
      const answers = options.all ? replayAll(send, options) : replayPlaces(send, places.map(placeOf));
      const counts = new Map<string, number>();
      for await (const { counts: more, results } of answers) {
        for (const [outcome, count] of Object.entries(more)) counts.set(outcome, (counts.get(outcome) ?? 0) + count);
        if (options.json) continue;
        for (const { partition, offset, outcome, detail } of results) {
          if (detail !== null) warn(`${partition}/${offset} ${outcome}: ${visible(detail)}`);
        }
      }
      const told = [...counts]
        .filter(([, count]) => count > 0)
        .map(([outcome, count]) => `${outcome.replaceAll('_', ' ')} ${count}`);
      if (!options.json) process.stdout.write(`${told.join(', ') || 'nothing matches'}\n`);
      const well = (counts.get('replayed') ?? 0) + (counts.get('already_replayed') ?? 0);
      if ([...counts.values()].reduce((sum, count) => sum + count, 0) > well) process.exitCode = exitCodes.failed;
    });
  return group;
}

type Selection = Omit<ReplayBody, 'project_id' | 'force'>;
type Send = (what: Selection) => Promise<ReplayAnswer>;

async function* replayAll(
  send: Send,
  { reason, connection }: Pick<Selection, 'reason' | 'connection'>,
): AsyncGenerator<ReplayAnswer> {
  let cursor: string | null = null;
  do {
    const given = { reason, connection, cursor: cursor ?? undefined };
    const answer: ReplayAnswer = await send({ all: true, ...given });
    yield* reaching(send, answer);
    cursor = answer.next_cursor;
  } while (cursor !== null);
}

async function* replayPlaces(send: Send, places: readonly Place[]): AsyncGenerator<ReplayAnswer> {
  for (let start = 0; start < places.length; start += placesPerCall) {
    yield* reaching(send, await send({ letters: places.slice(start, start + placesPerCall) }));
  }
}

/** Asks again for what a call had no time for, as long as it gets anywhere. */
async function* reaching(send: Send, first: ReplayAnswer): AsyncGenerator<ReplayAnswer> {
  let answer = first;
  for (;;) {
    const left = answer.results.filter(({ outcome }) => outcome === 'not_reached');
    if (left.length === 0 || left.length === answer.results.length) return yield answer;
    yield { ...answer, counts: { ...answer.counts, not_reached: 0 } };
    answer = await send({ letters: left.map(({ partition, offset }) => ({ partition, offset })) });
  }
}

interface Place {
  readonly partition: number;
  readonly offset: number;
}

function placeOf(text: string): Place {
  const [, partition, offset] = /^(\d{1,4})\/(\d{1,15})$/.exec(text) ?? [];
  if (partition === undefined) {
    throw new CliError(`${visible(text)} is no place: it is partition/offset, such as 3/1204`, exitCodes.usage);
  }
  return { partition: Number(partition), offset: Number(offset) };
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 1.');
  return Number(text);
}

function rowOf(each: DeadLetter): string[] {
  const { topic, partition, offset } = each.record;
  return [
    `${each.partition}/${each.offset}`,
    each.failed_at,
    each.reason,
    `${topic}/${partition}/${offset}`,
    each.replayed_at ?? '-',
    visible(each.detail).replaceAll('\n', ' ').slice(0, 100),
  ];
}
