import { Command, InvalidArgumentError } from 'commander';
import { ApiClient } from '../api-client.ts';
import type { CliContext } from '../cli-context.ts';
import { jsonText, visible, warn } from '../output/terminal.ts';

/** `tailrace raw PLACE`: the event behind a line as the cloud gave it. */
export function rawCommand(context: CliContext): Command {
  return new Command('raw')
    .description('Show the original cloud event behind a line.')
    .argument('<place>', "topic/partition/offset: a line's raw, as tail --json gives it", placeOf)
    .requiredOption('--project <id>', 'project of the line')
    .option('--json', 'with where it came from and when, as one JSON document')
    .action(async (place: Place, options) => {
      const client = new ApiClient(context, options.project);
      const event = await client.call('GET stream/{project_id}/raw/{topic}/{partition}/{offset}', {
        path: { project_id: options.project, ...place },
      });
      if (event.is_cut) warn('This is its beginning: it is larger than what the server gives.');
      // To a file as it came, byte for byte; on a terminal it must not be able to do anything.
      const text = process.stdout.isTTY ? visible(event.payload) : event.payload;
      process.stdout.write(`${options.json ? jsonText(event) : text}\n`);
    });
}

interface Place {
  readonly topic: string;
  readonly partition: string;
  readonly offset: string;
}

function placeOf(text: string): Place {
  const [, topic, partition = '', offset = ''] = /^([\w.-]+)\/(\d+)\/(\d+)$/.exec(text) ?? [];
  if (topic === undefined) throw new InvalidArgumentError('it looks like logs.raw.aws/3/1042');
  return { topic, partition, offset };
}
