import { loadSettings } from '@tailrace/config/environment.ts';
import { databaseSettings, kafkaSettings } from '@tailrace/config/shared-settings.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { openPool } from '@tailrace/postgres/connection/pool.ts';
import { boundedQueries } from '@tailrace/postgres/connection/queryable.ts';
import { sinkOffsets } from '@tailrace/postgres/logs/sink-offsets.ts';
import { Command } from 'commander';
import pc from 'picocolors';
import { type CliContext, runningStack, serverUrl } from '../cli-context.ts';
import { CliError, exitCodes } from '../cli-error.ts';
import type { Finding } from '../doctor/finding.ts';
import { lookAtKafka } from '../doctor/look-at-kafka.ts';
import type { OffsetsInDatabase } from '../doctor/look-at-lags.ts';
import { lookAtProcesses } from '../doctor/look-at-processes.ts';

interface Options {
  readonly json?: true;
  readonly process: readonly string[];
}

/**
 * `tailrace doctor`: what is reachable and which broker is not, whether each process does its job, how far each
 * consumer group is behind, and which connections are held back. Exits 1 when something is not well.
 */
export function doctorCommand(context: CliContext): Command {
  return new Command('doctor')
    .description('Check every process, each Kafka broker, PostgreSQL and the consumer lags, and report what is wrong.')
    .option('--process <url>', 'a further process to ask, where roles run by themselves; repeatable', collect, [])
    .option('--json', 'the findings as JSON')
    .addHelpText(
      'after',
      '\nProcesses may also be named in TAILRACE_PROCESSES, separated by commas. Kafka is found by KAFKA_BROKERS and the other KAFKA_ settings, PostgreSQL by DATABASE_URL.',
    )
    .action(async ({ json, process: given }: Options) => {
      const findings = await look(context, given);
      if (json) process.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`);
      else
        for (const { ok, what, detail } of findings)
          process.stdout.write(`${ok ? pc.green('✓') : pc.red('✗')} ${what.padEnd(24)} ${detail}\n`);
      if (findings.some(({ ok }) => !ok)) process.exitCode = exitCodes.failed;
    });
}

async function look(context: CliContext, given: readonly string[]): Promise<Finding[]> {
  const { env } = context;
  const listed = (env.TAILRACE_PROCESSES ?? '').split(',').filter((each) => each !== '');
  const urls = [serverUrl(context), ...[...given, ...listed].map(processUrl)];
  const node = { what: 'node', ok: Number(process.versions.node.split('.')[0]) >= 24, detail: process.version };
  const { findings, lags } = await lookAtProcesses(urls);
  const database = openDatabase(env);
  try {
    const kafka = await lookAtCluster(context, database?.offsets, lags);
    return [node, ...findings, ...((await database?.look()) ?? []), ...kafka];
  } finally {
    await database?.close();
  }
}

/** Kafka is looked at where it is known: by KAFKA_BROKERS, or by what `npm start` runs here. */
async function lookAtCluster(
  context: CliContext,
  database: OffsetsInDatabase | undefined,
  lags: ReadonlyMap<string, number>,
): Promise<Finding[]> {
  const brokers = context.env.KAFKA_BROKERS || runningStack(context).kafkaBrokers?.join(',');
  if (!brokers) {
    return [...lags].map(([group, lag]) => ({ what: `group ${group}`, ok: true, detail: `${lag} records behind` }));
  }
  const settings = loadSettings(kafkaSettings, { ...context.env, KAFKA_BROKERS: brokers });
  return lookAtKafka(settings, database, lags);
}

function openDatabase(env: CliContext['env']) {
  if (!env.DATABASE_URL) return undefined;
  const { databaseUrl } = loadSettings(databaseSettings, env);
  const pool = openPool({
    url: databaseUrl.reveal(),
    applicationName: 'tailrace-doctor',
    max: 1,
    onIdleError: () => undefined,
  });
  const limits = { statementTimeoutMs: 5000, answerTimeoutMs: 6000, isReadOnly: true };
  const offsets = () => sinkOffsets(boundedQueries(pool, limits));
  return {
    offsets,
    look: async (): Promise<Finding[]> => {
      const finding = (ok: boolean, detail: string) => [{ what: 'postgresql', ok, detail }];
      return offsets().then(
        (found) => finding(true, `answers; the sink has written ${found.length} partitions`),
        (error: unknown) => finding(false, messageOf(error)),
      );
    },
    close: () => pool.end(),
  };
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function processUrl(text: string): URL {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return new URL(text);
  throw new CliError(`not an http address of a process: ${text}`, exitCodes.usage);
}
