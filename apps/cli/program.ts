import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { z } from 'zod';
import type { CliContext } from './cli-context.ts';
import { alertsCommand } from './commands/alerts.ts';
import { channelsCommand } from './commands/channels.ts';
import { connectionsCommand } from './commands/connections.ts';
import { countCommand, topCommand } from './commands/count.ts';
import { deadLettersCommand } from './commands/dead-letters.ts';
import { doctorCommand } from './commands/doctor.ts';
import { normaliseCommand } from './commands/normalise.ts';
import { rawCommand } from './commands/raw.ts';
import { replayCommand, replaysCommand } from './commands/replays.ts';
import { rulesCommand } from './commands/rules.ts';
import { searchCommand } from './commands/search.ts';
import { tailCommand } from './commands/tail.ts';
import { tokenCommand } from './commands/token.ts';

const { version } = z
  .looseObject({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')));

/** `tailrace`, with its commands. Data goes to stdout, everything else to stderr. */
export function createProgram(context: CliContext): Command {
  const program = new Command('tailrace')
    .description('Live logs from AWS CloudWatch, Azure Monitor and Google Cloud Logging.')
    .addHelpText(
      'after',
      `
Environment:
  TAILRACE_URL    where the server is; else what \`npm start\` runs here, else http://127.0.0.1:8080
  TAILRACE_TOKEN  your token; else one is signed where JWT_SECRET, or the secret of \`npm start\`, is at hand
  NO_COLOR        plain text

Exit status: 0 done, 1 refused or failed, 2 wrong command line, 130 interrupted.`,
    )
    .version(version, '-V, --version', 'the version of this program')
    .showHelpAfterError('(--help shows what is possible)')
    .exitOverride();
  for (const make of [
    tailCommand,
    searchCommand,
    countCommand,
    topCommand,
    rawCommand,
    connectionsCommand,
    rulesCommand,
    alertsCommand,
    channelsCommand,
    replayCommand,
    replaysCommand,
    deadLettersCommand,
    normaliseCommand,
    tokenCommand,
    doctorCommand,
  ]) {
    const command = make(context);
    inherit(command, program);
    program.addCommand(command);
  }
  return program;
}

/** Commands made by themselves know nothing of how their parent ends and helps. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const each of command.commands) inherit(each, command);
}
