import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Command } from 'commander';
import pc from 'picocolors';
import { request } from '../api-client.ts';
import { exitCodes } from '../cli-error.ts';
import { countDeadLetters } from '../count-dead-letters.ts';
import { runningStack, type Surroundings, serverUrl } from '../surroundings.ts';

/** One thing that was looked at. */
interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** `tailrace doctor`: what is reachable, in which version, and how far behind. Exits 1 when something is not well. */
export function doctorCommand(surroundings: Surroundings): Command {
  return new Command('doctor')
    .description('Look at the server, its roles, Kafka and the lags, and say what is wrong.')
    .option('--json', 'the findings as JSON')
    .action(async ({ json }) => {
      const findings = [...(await server(surroundings)), ...(await kafka(surroundings))];
      if (json) process.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`);
      else
        for (const { ok, what, detail } of findings)
          process.stdout.write(`${ok ? pc.green('✓') : pc.red('✗')} ${what.padEnd(24)} ${detail}\n`);
      if (findings.some(({ ok }) => !ok)) process.exitCode = exitCodes.failed;
    });
}

async function server(surroundings: Surroundings): Promise<Finding[]> {
  const url = serverUrl(surroundings);
  const version: Finding = {
    what: 'node',
    ok: Number(process.versions.node.split('.')[0]) >= 24,
    detail: process.version,
  };
  try {
    const health = await request(new URL('/healthz', url));
    const ready = await request(new URL('/readyz', url));
    const findings: Finding[] = [
      version,
      { what: 'server', ok: health.ok, detail: `${url.origin} answers ${health.status}` },
      { what: 'roles', ok: ready.ok, detail: ready.ok ? 'all ready' : await reasons(ready) },
    ];
    const metrics = await request(new URL('/metrics', url));
    return [...findings, ...lags(await metrics.text())];
  } catch (error) {
    return [version, { what: 'server', ok: false, detail: messageOf(error) }];
  }
}

async function reasons(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  return typeof body === 'object' && body !== null && 'detail' in body
    ? String(body.detail)
    : `answers ${response.status}`;
}

/** More than this many records behind, a consumer is worth a look. */
const worrying = 10_000;

/** Sums the lag of each consumer group from the Prometheus text. */
function lags(metrics: string): Finding[] {
  const groups = new Map<string, number>();
  for (const line of metrics.split('\n')) {
    const match = /^tailrace_consumer_lag_records\{.*?group="([^"]+)".*\} (\S+)$/.exec(line);
    if (match) groups.set(match[1]!, (groups.get(match[1]!) ?? 0) + Number(match[2]));
  }
  return [...groups].map(([group, lag]) => ({ what: `lag ${group}`, ok: lag < worrying, detail: `${lag} records` }));
}

/** Those without a project are shown to nobody else: the API lists letters by project. */
async function deadLetters(client: Kafka): Promise<Finding> {
  const { looked, withoutProject, kept } = await countDeadLetters(client);
  const among = kept > looked ? ` (of the newest ${looked})` : '';
  const detail = `about ${kept} kept; ${withoutProject} name no project${among}`;
  return { what: 'dead letters', ok: withoutProject === 0, detail };
}

async function kafka(surroundings: Surroundings): Promise<Finding[]> {
  const brokers = surroundings.env.KAFKA_BROKERS?.split(',') ?? runningStack(surroundings).kafkaBrokers;
  if (!brokers) return [];
  try {
    const client = await openKafka({
      brokers,
      topicPrefix: surroundings.env.TOPIC_PREFIX ?? '',
      clientId: 'tailrace-doctor',
      logger: createLogger({ level: 'silent' }),
    });
    try {
      const cluster = await client.admin.describeCluster();
      return [
        { what: 'kafka', ok: true, detail: `cluster ${cluster.clusterId}: ${cluster.brokers.join(', ')}` },
        await deadLetters(client),
      ];
    } finally {
      await client.close();
    }
  } catch (error) {
    return [{ what: 'kafka', ok: false, detail: `${brokers.join(',')}: ${messageOf(error)}` }];
  }
}
