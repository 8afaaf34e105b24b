import { createInterface } from 'node:readline/promises';
import type { ValidRule } from '@tailrace/alert-rules/validate-rule.ts';
import { listed } from '@tailrace/http/client/one-or-list.ts';
import type { AlertRule } from '@tailrace/http/contract/generated.ts';
import { Command } from 'commander';
import { ApiClient } from '../api-client.ts';
import type { CliContext } from '../cli-context.ts';
import { CliError, exitCodes } from '../cli-error.ts';
import { collect } from '../input/collect.ts';
import { ProjectNames } from '../input/project-names.ts';
import { visible } from '../output/terminal.ts';
import { printJson, textTable } from '../output/text-table.ts';
import { planChanges, type RuleChange, renderChanges } from '../rules/rule-changes.ts';
import { readRulesFile } from '../rules/rules-file.ts';
import { rulesBacktestCommand } from './rules-backtest.ts';

const ownKinds =
  'a kind of rule that this installation has added; what it may hold is for the server to say (repeatable)';

/** `tailrace rules …`: alert rules for a shell, and from a file that is kept with the code. */
export function rulesCommand(context: CliContext): Command {
  const group = new Command('rules').description(
    'Manage alert rules: list them, apply them from a file, and backtest them.',
  );
  const command = (name: string, description: string) => {
    const made = new Command(name)
      .description(description)
      .requiredOption('--project <id>', 'project of the rules')
      .option('--json', 'print the answer as JSON');
    group.addCommand(made);
    return made;
  };
  const client = (options: { project: string }) => new ApiClient(context, options.project);
  const knownKinds = (ownKinds: readonly string[] | undefined) => ({
    ownKinds,
    ruleKinds: context.extensions?.ruleKinds,
  });
  const names = (options: { project: string }) => new ProjectNames(context, options.project);
  const idOf = (text: string, options: { project: string }) => names(options).idOf('rule', text);

  command('list', 'List them.').action(async (options) => {
    const answer = await client(options).call('GET alert-rules/{id}', pathOf(options.project));
    if (options.json) return printJson(answer);
    const { rules } = listed(answer, 'rules');
    const rows = rules.map((rule) => [
      rule.id,
      rule.alert_type,
      rule.severity,
      stateOf(rule),
      `${rule.cooldown_minutes}m`,
      visible(rule.name),
    ]);
    process.stdout.write(textTable(['ID', 'KIND', 'SEVERITY', 'STATE', 'COOLDOWN', 'NAME'], rows));
    if (rows.length === 0) await names(options).warnIfEmpty();
    for (const { name, not_evaluated: reason } of rules) {
      if (reason) process.stderr.write(`${visible(name)} is not evaluated. ${visible(reason)}\n`);
    }
  });

  command('show', 'Show one in full, as JSON.')
    .argument('<rule>', 'its name, or rule_…')
    .action(async (id, options) =>
      printJson(await client(options).call('GET alert-rules/{id}', pathOf(await idOf(id, options)))),
    );

  command('delete', 'Delete one; its open alerts are resolved.')
    .argument('<rule>', 'its name, or rule_…')
    .action(async (id, options) => {
      await client(options).call('DELETE alert-rules/{id}', pathOf(await idOf(id, options)));
    });

  group.addCommand(
    new Command('check')
      .description('Check a file of rules, without a server.')
      .argument('<file>', 'YAML with a list named rules; - is standard input')
      .option('--own-kind <name>', ownKinds, collect)
      .action((file, { ownKind }) => {
        const { length } = readRulesFile(file, knownKinds(ownKind));
        process.stdout.write(`${length} ${length === 1 ? 'rule' : 'rules'}, nothing wrong\n`);
      }),
  );

  command(
    'apply',
    'Make the rules of the project match a file. Prints the changes first; applying it twice changes nothing.',
  )
    .argument('<file>', 'YAML with a list named rules; - is standard input')
    .option('--own-kind <name>', ownKinds, collect)
    .option('--prune', 'remove the rules that the file lacks')
    .option('--dry-run', 'only print what would change')
    .option('--yes', 'do not ask')
    .action(async (file, options) => {
      const wanted = readRulesFile(file, knownKinds(options.ownKind));
      const api = client(options);
      const { rules } = listed(await api.call('GET alert-rules/{id}', pathOf(options.project)), 'rules');
      const channels = await channelsByName(api, options.project, wanted);
      const changes = planChanges(wanted, rules, { prune: options.prune === true, channels });
      if (options.json) printJson(changes);
      else process.stdout.write(renderChanges(changes));
      const open = changes.filter(({ kind }) => kind !== 'keep');
      if (open.length === 0 || options.dryRun) return;
      if (!options.yes) await confirm(file);
      for (const change of open) await apply(api, options.project, change);
    });
  group.addCommand(rulesBacktestCommand(context));
  return group;
}

/** Asked only where the file names a channel. */
async function channelsByName(
  api: ApiClient,
  project: string,
  rules: readonly ValidRule[],
): Promise<ReadonlyMap<string, string>> {
  const named = rules.flatMap((rule) => rule.notification_channels).filter((channel) => channel !== 'in_app');
  if (named.length === 0) return new Map();
  const { channels } = listed(await api.call('GET channels/{id}', { path: { id: project } }), 'channels');
  return new Map(channels.map(({ id, channel_name: name }) => [name, id]));
}

async function confirm(file: string): Promise<void> {
  if (!process.stdin.isTTY || file === '-') {
    throw new CliError('nothing was changed: there is nobody to ask', exitCodes.usage, 'Give --yes to apply it.');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal
    .question('Apply this? [y/N] ')
    .catch((error: unknown) => {
      if (error instanceof Error && error.name === 'AbortError') {
        throw new CliError('nothing was changed', exitCodes.interrupted);
      }
      throw error;
    })
    .finally(() => terminal.close());
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('nothing was changed', exitCodes.failed);
}

/**
 * A rule that somebody changed since it was compared is refused by its version.
 * @throws CliError that names the rule, and says what the server has against it.
 */
async function apply(api: ApiClient, project: string, change: RuleChange): Promise<void> {
  try {
    if (change.kind === 'add') await api.call('POST alert-rules', { body: { project_id: project, ...change.rule } });
    if (change.kind === 'keep' || change.kind === 'add') return;
    const { id, version } = change.stored;
    if (change.kind === 'remove') await api.call('DELETE alert-rules/{id}', { path: { id }, version });
    else await api.call('PUT alert-rules/{id}', { path: { id }, body: change.rule, version });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const { name } = change.kind === 'remove' ? change.stored : change.rule;
    const done = 'What stands above it in the list is done; run it again once this is mended.';
    throw new CliError(`rule ${visible(name)}: ${error.message}`, error.exitCode, error.help ?? done);
  }
}

function stateOf({ enabled, not_evaluated: reason }: AlertRule): string {
  if (!enabled) return 'off';
  return reason ? 'not evaluated' : 'on';
}

function pathOf(id: string): { readonly path: { readonly id: string } } {
  return { path: { id } };
}
