import type { AnswerOf } from '@tailrace/http/client/api-calls.ts';
import { durationMs } from '@tailrace/log-query/instant.ts';
import { percent } from '@tailrace/log-query/shares-text.ts';
import { Command, InvalidArgumentError } from 'commander';
import { ApiClient } from '../api-client.ts';
import type { CliContext } from '../cli-context.ts';
import { collect } from '../input/collect.ts';
import { parseSince } from '../input/duration.ts';
import { ProjectNames } from '../input/project-names.ts';
import { writtenQuery } from '../input/written-query.ts';
import { visible, warn } from '../output/terminal.ts';
import { printJson, textTable } from '../output/text-table.ts';

interface CountOptions {
  readonly project: string;
  readonly since: string;
  readonly until?: string;
  readonly by?: readonly string[];
  readonly step?: string;
  readonly limit: number;
  readonly json?: boolean;
}

type Aggregate = AnswerOf<'GET stream/{project_id}/aggregate'>;

const queryHelp = "which lines: 'level:error service:cart (timeout OR /refused|reset/)'; see docs/query.md";

/** `tailrace count QUERY`: how many stored lines match, by fields and over time. */
export function countCommand(context: CliContext): Command {
  return withRange(new Command('count'))
    .description('Count stored lines that match, by fields and over time.')
    .argument('[query]', queryHelp)
    .option('--by <field>', 'one count for each value of a field (repeatable, three times)', collect)
    .option('--step <span>', 'one count for each part of time: 30s, 5m, 1h, 1d', parseStep)
    .action((query: string | undefined, options: CountOptions) => count(context, query ?? '', options));
}

/** `tailrace top FIELD`: the most frequent values of a field. */
export function topCommand(context: CliContext): Command {
  return withRange(new Command('top'))
    .description('Show the most frequent values of a field in stored lines, with their shares.')
    .argument('<field>', 'level, connection, service, stream, parser, or the name of an attribute')
    .argument('[query]', queryHelp)
    .action((field: string, query: string | undefined, options: CountOptions) =>
      count(context, query ?? '', { ...options, by: [field] }),
    );
}

function withRange(command: Command): Command {
  return command
    .requiredOption('--project <id>', 'project to look at')
    .option('--since <when>', 'begin there: 15m, 2h, or a time', parseSince, '-1h')
    .option('--until <when>', 'end there: 15m (ago), or a time (default: now)', parseSince)
    .option('--limit <groups>', 'values at most, 1 to 100', parseLimit, 20)
    .option('--json', 'print the answer as JSON');
}

async function count(context: CliContext, text: string, options: CountOptions): Promise<void> {
  const { project, by = [], step, since, until = 'now', limit } = options;
  const names = new ProjectNames(context, project);
  const query = await writtenQuery(text, names);
  const answer = await new ApiClient(context, project).call('GET stream/{project_id}/aggregate', {
    path: { project_id: project },
    query: { from: since, to: until, top: limit, by, step, ...(query !== '' && { query }) },
  });
  warnOfWhatIsMissing(answer);
  if (options.json) return printJson(answer);
  const called = by.includes('connection')
    ? await names.all('connection').catch(() => new Map<string, string>())
    : new Map<string, string>();
  const label = (value: string | null, index: number) =>
    value === null ? '(none)' : visible((by[index] === 'connection' ? called.get(value) : undefined) ?? value);
  process.stdout.write(by.length === 0 && step === undefined ? `${answer.lines}\n` : table(answer, by, label));
  if (answer.lines === 0) await names.warnIfEmpty();
}

/** One row for each group and part of time, with its share of all lines. */
function table(
  { lines, groups, others, groups_left_out: leftOut, starts, total }: Aggregate,
  by: readonly string[],
  label: (value: string | null, index: number) => string,
): string {
  const isSeries = total.series !== undefined;
  const named = [
    ...groups.map(({ group, ...sums }) => ({ cells: group.map(label), ...sums })),
    ...(others === null ? [] : [{ cells: [`(${leftOut} more)`], ...others }]),
  ];
  const all = by.length === 0 ? [{ cells: [], ...total }] : named;
  const rows = all.flatMap(({ cells, results, series }) =>
    isSeries
      ? starts.map((start, at) => [start, String(series?.count?.[at] ?? 0), ...cells])
      : [[String(results.count ?? 0), percent(results.count ?? 0, lines), ...cells]],
  );
  const head = isSeries ? ['TIME', 'LINES'] : ['LINES', 'SHARE'];
  return textTable(
    [...head, ...by.map((field) => field.toUpperCase())],
    isSeries ? rows.toSorted(([a = ''], [b = '']) => (a === b ? 0 : a < b ? -1 : 1)) : rows,
  );
}

function warnOfWhatIsMissing({ from, counted_from: countedFrom, approximations }: Aggregate): void {
  if (countedFrom > from) warn(`the time was up: lines before ${countedFrom} are not counted`);
  for (const each of approximations) warn(each);
}

function parseStep(text: string): string {
  if (!durationMs(text)) throw new InvalidArgumentError('A step is a span such as 30s, 5m, 1h or 1d.');
  return text;
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d{1,3}$/.test(text) || limit < 1 || limit > 100) {
    throw new InvalidArgumentError('A limit is a number from 1 to 100.');
  }
  return limit;
}
