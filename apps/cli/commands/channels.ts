import { listed } from '@tailrace/http/client/one-or-list.ts';
import { Command } from 'commander';
import { ApiClient } from '../api-client.ts';
import type { CliContext } from '../cli-context.ts';
import { ProjectNames } from '../input/project-names.ts';
import { readConfigFile } from '../input/read-config-file.ts';
import { visible } from '../output/terminal.ts';
import { printJson, textTable } from '../output/text-table.ts';

/** `tailrace channels …`: where alerts are sent, for a shell. */
export function channelsCommand(context: CliContext): Command {
  const group = new Command('channels').description('Manage the channels that the alerts of a project are sent to.');
  const command = (name: string, description: string) => {
    const made = new Command(name)
      .description(description)
      .requiredOption('--project <id>', 'project of the channel')
      .option('--json', 'print the answer as JSON');
    group.addCommand(made);
    return made;
  };
  const client = (options: { project: string }) => new ApiClient(context, options.project);
  const names = (options: { project: string }) => new ProjectNames(context, options.project);
  const pathOf = async (text: string, options: { project: string }) => ({
    id: await names(options).idOf('channel', text),
  });

  command('list', 'List them.').action(async (options) => {
    const answer = await client(options).call('GET channels/{id}', { path: { id: options.project } });
    if (options.json) return printJson(answer);
    const { channels } = listed(answer, 'channels');
    const rows = channels.map((each) => [each.id, visible(each.channel_type), visible(each.channel_name)]);
    process.stdout.write(textTable(['ID', 'TYPE', 'NAME'], rows));
    if (rows.length === 0) await names(options).warnIfEmpty();
  });

  command('add', 'Add one. Secrets are read from the file, never from the command line.')
    .requiredOption('--type <type>', 'email, slack, jira, webhook, or another one of the installation')
    .requiredOption('--name <name>', 'name, as rules refer to it')
    .requiredOption('--config <file>', 'JSON of channel_config; - is standard input')
    .action(async (options) => {
      const channel = await client(options).call('POST channels', {
        body: {
          project_id: options.project,
          channel_name: options.name,
          channel_type: options.type,
          channel_config: readConfigFile(options.config),
        },
      });
      if (options.json) return printJson(channel);
      process.stdout.write(`${channel.id}\n`);
    });

  command('test', 'Send a test message and print the answer.')
    .argument('<channel>', 'its name, or chan_…')
    .action(async (id, options) => {
      const answer = await client(options).call('POST channels/{id}/test', { path: await pathOf(id, options) });
      if (options.json) return printJson(answer);
      process.stdout.write(`${visible(answer.message)}\n`);
    });

  command('delete', 'Delete one, with its secrets. Refused while rules name it.')
    .argument('<channel>', 'its name, or chan_…')
    .action(async (id, options) => {
      await client(options).call('DELETE channels/{id}', { path: await pathOf(id, options) });
    });
  return group;
}
