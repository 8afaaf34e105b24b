import type { AnswerOf } from '@tailrace/http/client/api-calls.ts';
import type { LogLine } from '@tailrace/http/contract/generated.ts';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ApiClient } from '../api-client.ts';
import type { CliContext } from '../cli-context.ts';
import { parseSince } from '../input/duration.ts';
import { ProjectNames } from '../input/project-names.ts';
import { writtenQuery } from '../input/written-query.ts';
import { renderJson, renderText, wantsColor } from '../output/render-line.ts';
import { drained, warn } from '../output/terminal.ts';

interface SearchOptions {
  readonly project: string;
  readonly since: string;
  readonly until?: string;
  readonly limit: number;
  readonly json?: boolean;
  readonly color: string;
}

/** As many as the server gives at once. */
const largestPage = 1000;

/** `tailrace search QUERY`: stored lines, by the time of their events. */
export function searchCommand(context: CliContext): Command {
  return new Command('search')
    .description('Show stored lines by the time of their events, the newest last.')
    .argument('[query]', "which lines: 'level:error service:cart (timeout OR /refused|reset/)'; see docs/query.md")
    .requiredOption('--project <id>', 'project to look at')
    .option('--since <when>', 'begin there: 15m, 2h, or a time', parseSince, '-1h')
    .option('--until <when>', 'end there: 15m (ago), or a time (default: now)', parseSince)
    .option('--limit <lines>', 'lines at most, the newest of them', parseLimit, 100)
    .option('--json', 'one JSON document a line')
    .addOption(new Option('--color <when>').choices(['auto', 'always', 'never']).default('auto'))
    .action((query: string | undefined, options: SearchOptions) => search(context, query ?? '', options));
}

async function search(context: CliContext, text: string, options: SearchOptions): Promise<void> {
  const names = new ProjectNames(context, options.project);
  const query = await writtenQuery(text, names);
  const called = options.json ? new Map() : await names.all('connection').catch(() => new Map());
  const render = options.json
    ? renderJson
    : renderText(wantsColor(options.color, context.env, process.stdout.isTTY === true));
  const client = new ApiClient(context, options.project);
  const found: LogLine[] = [];
  let before: string | null = null;
  do {
    const read: AnswerOf<'GET stream/{project_id}'> = await client.call('GET stream/{project_id}', {
      path: { project_id: options.project },
      query: {
        from: options.since,
        to: options.until ?? 'now',
        limit: Math.min(largestPage, options.limit - found.length),
        ...(query !== '' && { query }),
        ...(before !== null && { before }),
      },
    });
    found.push(...read.logs);
    before = read.older;
    if (!read.complete) warn(`searching on before ${read.logs.at(-1)?.timestamp ?? 'what has been looked at'} …`);
  } while (before !== null && found.length < options.limit);
  for (const line of found.reverse()) {
    process.stdout.write(`${render(line, called.get(line.connection_id))}\n`);
    await drained(process.stdout);
  }
  if (before !== null) warn(`there are more: these are the newest ${options.limit}; --limit shows more`);
  if (found.length === 0) {
    warn('no line matches');
    await names.warnIfEmpty();
  }
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d{1,6}$/.test(text) || limit < 1 || limit > 100_000) {
    throw new InvalidArgumentError('A limit is a number from 1 to 100000.');
  }
  return limit;
}
