import type { AlertNews } from '@tailrace/http/client/stream-parts.ts';
import type { LogLine } from '@tailrace/http/contract/generated.ts';
import { fieldsOf } from '@tailrace/log-query/filter-fields.ts';
import { type LogFilter, logFilter } from '@tailrace/log-query/log-filter.ts';
import { levels } from '@tailrace/log-record/level.ts';
import { Command, InvalidArgumentError, Option } from 'commander';
import { accessToken, type CliContext, serverUrl } from '../cli-context.ts';
import { CliError, exitCodes } from '../cli-error.ts';
import { collect } from '../input/collect.ts';
import { parseSince } from '../input/duration.ts';
import { ProjectNames } from '../input/project-names.ts';
import { writtenQuery } from '../input/written-query.ts';
import { follow, readToNow } from '../live-client.ts';
import { alertNotice } from '../output/render-alert.ts';
import { renderJson, renderText, wantsColor } from '../output/render-line.ts';
import { drained, warn } from '../output/terminal.ts';
import { TimeOrder } from '../output/time-order.ts';

/** What happens to an alert that a person who follows lines wants to know. */
const noticed = new Set(['fired', 'escalated', 'resolved']);

type Pair = readonly [key: string, value: string];

interface TailOptions {
  readonly project: string;
  readonly filter?: string;
  readonly exclude?: string;
  readonly level?: LogFilter['level'];
  readonly connection?: string[];
  readonly attribute?: readonly Pair[];
  readonly excludeAttribute?: readonly Pair[];
  readonly parser?: string;
  readonly since?: string;
  readonly follow: boolean;
  readonly json?: boolean;
  readonly color: string;
}

/** `tailrace tail`: lines as they come. */
export function tailCommand(context: CliContext): Command {
  return new Command('tail')
    .description('Follow lines as they arrive. Reconnects automatically; nothing is missed or repeated.')
    .argument('[query]', "which lines: 'level:error service:cart (timeout OR /refused|reset/)'; see docs/query.md")
    .requiredOption('--project <id>', 'project to look at')
    .option('--filter <text>', 'only lines with this text, or /expression/ (RE2)')
    .option('--exclude <text>', 'no lines with this text')
    .addOption(new Option('--level <level>', 'only lines of this level and above').choices(levels))
    .option('--connection <name>', 'only lines of this connection, by name or id (repeatable)', collect)
    .option('--attribute <key=value>', 'only lines with this attribute (repeatable)', collectPair)
    .option('--exclude-attribute <key=value>', 'no lines with this attribute (repeatable)', collectPair)
    .option('--parser <name>', 'only lines read by this parser; plain: by none')
    .option('--since <when>', 'start from: 15m, 2h, or a time, by time of arrival', parseSince)
    .option('--follow', 'keep following (default)', true)
    .option('--no-follow', 'exit once everything up to now has been shown')
    .option('--json', 'one JSON document per line')
    .addOption(new Option('--color <when>').choices(['auto', 'always', 'never']).default('auto'))
    .action((query: string | undefined, options: TailOptions) => tail(context, query, options));
}

async function tail(context: CliContext, query: string | undefined, options: TailOptions): Promise<void> {
  const { env } = context;
  const render = options.json ? renderJson : renderText(wantsColor(options.color, env, process.stdout.isTTY === true));
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.exitCode = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.done;
      interrupted.abort(new Error(signal));
    });
  }
  const names = new ProjectNames(context, options.project);
  const filter = filterOf(options);
  if (query !== undefined) filter.query = await writtenQuery(query, names);
  if (filter.connections) {
    filter.connections = await Promise.all(filter.connections.map((each) => names.idOf('connection', each)));
  }
  // Machines know connections by their ids, and so do people who may not ask for their names.
  const called = options.json ? new Map() : await names.all('connection').catch(() => new Map());
  let shown = 0;
  const print = async (lines: readonly LogLine[]) => {
    shown += lines.length;
    process.stdout.write(`${lines.map((line) => render(line, called.get(line.connection_id))).join('\n')}\n`);
    await drained(process.stdout);
  };
  const client = {
    url: serverUrl(context),
    project: options.project,
    token: () => accessToken(context, options.project),
    filter,
    onLines: print,
    onAlert: ({ event, alert }: AlertNews) => {
      if (noticed.has(event)) warn(alertNotice(event, alert));
    },
    onNotice: warn,
    signal: interrupted.signal,
  };
  if (options.follow) {
    if (called.size === 0) void names.warnIfEmpty();
    await follow({ ...client, ...(options.since !== undefined && { from: options.since }) });
    return;
  }
  const order = new TimeOrder(print);
  await readToNow({ ...client, onLines: (lines) => order.add(lines), from: options.since ?? '-15m' });
  await order.end();
  if (order.misplaced > 0) warn(`${order.misplaced} lines stand below later ones: they came too late after them`);
  if (shown === 0) await names.warnIfEmpty();
}

/** @throws CliError naming the option that is wrong. */
function filterOf({ filter, exclude, level, connection, attribute, excludeAttribute, parser }: TailOptions): LogFilter {
  const expression = /^\/(.+)\/$/.exec(filter ?? '')?.[1];
  const result = logFilter.safeParse({
    level,
    exclude,
    parser,
    connections: connection,
    attributes: attribute && fieldsOf(attribute),
    exclude_attributes: excludeAttribute && fieldsOf(excludeAttribute),
    ...(expression === undefined ? { text: filter } : { regex: expression }),
  });
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `--${optionOf(String(path[0]))}: ${message}`);
  throw new CliError(problems.join('\n'), exitCodes.usage);
}

function optionOf(field: string): string {
  const options: Readonly<Record<string, string>> = {
    text: 'filter',
    regex: 'filter',
    connections: 'connection',
    attributes: 'attribute',
    exclude_attributes: 'exclude-attribute',
  };
  return options[field] ?? field;
}

function collectPair(value: string, earlier: readonly Pair[] = []): Pair[] {
  const at = value.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Give key=value.');
  return [...earlier, [value.slice(0, at), value.slice(at + 1)]];
}
