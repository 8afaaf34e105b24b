import { Command, Option } from 'commander';
import { type CliContext, mintToken } from '../cli-context.ts';
import { collect } from '../input/collect.ts';
import { parseDuration } from '../input/duration.ts';

const usualExpiry = '12h';

/** `tailrace token`: prints a token, for scripts and for people without an identity provider. */
export function tokenCommand(context: CliContext): Command {
  return new Command('token')
    .description('Print a token for a project, signed with JWT_SECRET or the secret of `npm start`.')
    .requiredOption('--project <id>', 'project the token is for (repeatable)', collect)
    .addOption(new Option('--role <role>', 'what it may do').choices(['viewer', 'editor', 'admin']).default('viewer'))
    .option('--subject <name>', 'subject of the token (sub)', 'cli')
    .addOption(
      new Option('--expires <duration>', 'how long it is valid, such as 30m or 12h')
        .argParser(parseDuration)
        .default(parseDuration(usualExpiry), usualExpiry),
    )
    .action(async ({ project: projects, role, subject, expires }) => {
      const expiresInSeconds = Math.max(1, Math.round(expires / 1000));
      const token = await mintToken(context, { projects, role, subject, expiresInSeconds });
      process.stdout.write(`${token}\n`);
    });
}
