import { parseArgs } from 'node:util';

/** The options of `npm start -- …`. */
export interface StartOptions {
  readonly help: boolean;
  /** Delete what earlier starts kept, first. */
  readonly reset: boolean;
  /** Run the simulated clouds and the project `demo` that reads them. */
  readonly demo: boolean;
  /** The HTTP port that was asked for; undefined: 8080, or another one when that is taken. */
  readonly port: number | undefined;
}

export const USAGE = `Usage: npm start -- [options]

  --port <number>   serve HTTP on this port (also: PORT); by default 8080, or a free one when 8080 is taken
  --no-demo         without the simulated clouds and the demo project
  --reset           delete all data of earlier starts first
  --help            show this

KAFKA_BROKERS and DATABASE_URL name servers to use in place of those it would start; docs/configuration.md lists all settings.`;

/** @throws Error saying which argument cannot be used. */
export function readOptions(args: readonly string[], environment: NodeJS.ProcessEnv): StartOptions {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      help: { type: 'boolean', default: false },
      reset: { type: 'boolean', default: false },
      demo: { type: 'boolean', default: true },
      port: { type: 'string' },
    },
  });
  return { help: values.help, reset: values.reset, demo: values.demo, port: readPort(values.port ?? environment.PORT) };
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`${text} is not a port: give a number from 0 to 65535.`);
}
