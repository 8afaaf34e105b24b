import { Command } from 'commander';
import { alertsCommand } from './commands/alerts.ts';
import { connectionsCommand } from './commands/connections.ts';
import { doctorCommand } from './commands/doctor.ts';
import { rulesCommand } from './commands/rules.ts';
import { tailCommand } from './commands/tail.ts';
import { tokenCommand } from './commands/token.ts';
import type { Surroundings } from './surroundings.ts';

/** `tailrace`, with its commands. Data goes to stdout, everything else to stderr. */
export function createProgram(surroundings: Surroundings): Command {
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
    .showHelpAfterError('(--help shows what is possible)')
    .exitOverride();
  for (const make of [tailCommand, connectionsCommand, rulesCommand, alertsCommand, tokenCommand, doctorCommand]) {
    program.addCommand(make(surroundings).copyInheritedSettings(program));
  }
  return program;
}
