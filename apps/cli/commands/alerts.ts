import { listed, one } from '@tailrace/http/client/one-or-list.ts';
import { Command, Option } from 'commander';
import { ApiClient } from '../api-client.ts';
import type { CliContext } from '../cli-context.ts';
import { parseSince } from '../input/duration.ts';
import { ProjectNames } from '../input/project-names.ts';
import { alertName, measured } from '../output/render-alert.ts';
import { visible, warn } from '../output/terminal.ts';
import { printJson, textTable } from '../output/text-table.ts';

/** `tailrace alerts …`: what has fired, with the lines that caused it. */
export function alertsCommand(context: CliContext): Command {
  const group = new Command('alerts').description('List alerts, and mark them as read.');
  const command = (name: string, description: string) => {
    const made = new Command(name)
      .description(description)
      .requiredOption('--project <id>', 'project of the alerts')
      .option('--json', 'print the answer as JSON');
    group.addCommand(made);
    return made;
  };
  const client = (options: { project: string }) => new ApiClient(context, options.project);
  const names = (options: { project: string }) => new ProjectNames(context, options.project);

  command('list', 'List them, newest first.')
    .addOption(new Option('--status <status>', 'only open or resolved ones').choices(['open', 'resolved']))
    .option('--rule <rule>', 'only those of this rule, by name or id')
    .option('--unread', 'only those that nobody has read')
    .option('--since <time>', 'only those that started since: 6h, or a time', parseSince)
    .option('--limit <number>', 'at most so many', '50')
    .action(async (options) => {
      const answer = await client(options).call('GET alerts/{id}', {
        path: { id: options.project },
        query: {
          limit: options.limit,
          status: options.status,
          rule_id: options.rule && (await names(options).idOf('rule', options.rule)),
          unread: options.unread && 'true',
          from: options.since,
        },
      });
      if (options.json) return printJson(answer);
      const { alerts, next_cursor: more } = listed(answer, 'alerts');
      const rows = alerts.map((alert) => [
        alert.id,
        alert.status,
        alert.severity,
        alert.started_at,
        measured(alert),
        alertName(alert),
      ]);
      process.stdout.write(textTable(['ID', 'STATUS', 'SEVERITY', 'STARTED', 'MEASURED', 'RULE'], rows));
      if (alerts.length === 0) await names(options).warnIfEmpty();
      if (more !== null) warn('there are more: raise --limit');
    });

  command('show', 'Show one with its lines.')
    .argument('<id>', 'alert_…')
    .action(async (id, options) => {
      const answer = await client(options).call('GET alerts/{id}', { path: { id } });
      if (options.json) return printJson(answer);
      const alert = one(answer, 'alerts');
      const facts = [
        ['id', alert.id],
        ['rule', alertName(alert)],
        ['status', alert.resolution === null ? alert.status : `${alert.status} (${alert.resolution})`],
        ['severity', alert.severity],
        ['started', alert.started_at],
        ...(alert.resolved_at === null ? [] : [['ended', alert.resolved_at]]),
        ['measured', measured(alert)],
        ['lines', String(alert.matched)],
        ['suppressed', String(alert.suppressed)],
        ['read by', alert.read_by === null ? 'nobody yet' : visible(alert.read_by)],
      ];
      const head = facts.map(([name, value]) => `${`${name}:`.padEnd(12)} ${value}\n`).join('');
      const lines = alert.lines.map(
        ({ timestamp, level, body: text }) => `${timestamp} ${level ?? '-'} ${visible(text)}`,
      );
      process.stdout.write(`${head}${lines.length === 0 ? '' : `\n${lines.join('\n')}\n`}`);
    });

  command('read', 'Mark one as read.')
    .argument('<id>', 'alert_…')
    .action(async (id, options) => {
      const answer = await client(options).call('POST alerts/{id}/read', { path: { id } });
      if (options.json) return printJson(answer);
      process.stdout.write(`${answer.message}\n`);
    });
  return group;
}
