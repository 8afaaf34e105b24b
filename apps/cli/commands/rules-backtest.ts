import { alertRuleInput } from '@tailrace/alert-rules/alert-rule-input.ts';
import { listed, one } from '@tailrace/http/client/one-or-list.ts';
import { Command } from 'commander';
import { ApiClient } from '../api-client.ts';
import type { CliContext } from '../cli-context.ts';
import { CliError, exitCodes } from '../cli-error.ts';
import { collect } from '../input/collect.ts';
import { parseSince } from '../input/duration.ts';
import { didYouMean } from '../input/near-matches.ts';
import { ProjectNames } from '../input/project-names.ts';
import { ProgressBar } from '../output/progress-bar.ts';
import { printJson } from '../output/text-table.ts';
import { renderBacktest } from '../rules/render-backtest.ts';
import { readRulesFile } from '../rules/rules-file.ts';

interface Options {
  readonly project: string;
  readonly file?: string;
  readonly rule?: string;
  readonly id?: string;
  readonly ownKind?: readonly string[];
  readonly since: string;
  readonly until?: string;
  readonly compare?: boolean;
  readonly json?: boolean;
}

/** `tailrace rules backtest`: what a rule would have fired, before it is switched on. */
export function rulesBacktestCommand(context: CliContext): Command {
  return new Command('backtest')
    .description('Show which alerts a rule would have fired on the retained log. Sends nothing.')
    .requiredOption('--project <id>', 'project of the rule')
    .option('--file <file>', 'YAML with a list named rules; - is standard input')
    .option('--rule <name>', 'which rule of the file, where it has several')
    .option('--id <rule>', 'a rule that is stored: rule_…, or its name')
    .option('--own-kind <name>', 'a kind of rule that this installation has added (repeatable)', collect)
    .option('--since <time>', 'how far back, such as 7d, or a time', parseSince, '-1d')
    .option('--until <time>', 'end of the range (default: now)', parseSince)
    .option('--compare', 'with the stored rule of the same name')
    .option('--json', 'print the answer as JSON')
    .action(async (options: Options) => {
      const api = new ApiClient(context, options.project);
      const rule =
        options.id === undefined
          ? fromFile(options, context)
          : await stored(api, await new ProjectNames(context, options.project).idOf('rule', options.id));
      const compared = options.compare === true ? await namesake(api, options.project, rule.name) : undefined;
      const bar = new ProgressBar(process.stderr);
      const body = {
        project_id: options.project,
        rule,
        from: options.since,
        to: options.until,
        compare_with: compared,
      };
      const result = await api
        .follow('POST alert-rules/backtest', { body }, ({ read, total, alerts }) =>
          bar.show(total === 0 ? 1 : Number(read) / Number(total), `${read} of ${total} records, ${alerts} alerts`),
        )
        .finally(() => bar.clear());
      if (options.json) return printJson(result);
      process.stdout.write(renderBacktest(result));
    });
}

function fromFile({ file, rule: name, ownKind }: Options, { extensions }: CliContext) {
  if (file === undefined) throw usage('give --file, or --id of a stored rule');
  const rules = readRulesFile(file, { ownKinds: ownKind, ruleKinds: extensions?.ruleKinds });
  const [only] = name === undefined ? rules : rules.filter((rule) => rule.name === name);
  if (name !== undefined && !only) {
    const near = didYouMean(
      name,
      rules.map((rule) => rule.name),
    );
    throw new CliError(`${file} has no rule ${name}`, exitCodes.usage, near.trimEnd() || undefined);
  }
  if (!only || (name === undefined && rules.length > 1)) {
    throw usage(`${file} has ${rules.length} rules: say which with --rule`);
  }
  return only;
}

/** A stored rule as it would be written again. */
async function stored(api: ApiClient, id: string) {
  return alertRuleInput.strip().parse(one(await api.call('GET alert-rules/{id}', { path: { id } }), 'rules'));
}

async function namesake(api: ApiClient, project: string, name: string): Promise<string> {
  const { rules } = listed(await api.call('GET alert-rules/{id}', { path: { id: project } }), 'rules');
  const found = rules.find((rule) => rule.name === name);
  if (!found) throw usage(`--compare: the project has no rule ${name}`);
  return found.id;
}

function usage(message: string): CliError {
  return new CliError(message, exitCodes.usage);
}
