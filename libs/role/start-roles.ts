import { type Environment, loadSettings, SettingsError } from '@tailrace/config/environment.ts';
import { httpSettings, kafkaSettings, processSettings } from '@tailrace/config/shared-settings.ts';
import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { openHttpServer } from '@tailrace/http/open-http-server.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { watchKafka } from '@tailrace/kafka/watched-kafka.ts';
import { createLogger, type Logger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { z } from 'zod';
import type { Extensions } from './extensions.ts';
import { openKafkaClient } from './open-kafka-client.ts';
import { reachKafka } from './reach-kafka.ts';
import { retryWhileAway } from './retry-while-away.ts';
import type { RoleDefinition } from './role-definition.ts';
import { stopRoles } from './stop-roles.ts';
import { reasonsOf, reportReadiness, type WatchedRole } from './watched-role.ts';

/** What every process reads, whatever roles it runs. */
export const commonSettings = z.object({ ...processSettings.shape, ...kafkaSettings.shape, ...httpSettings.shape });

export interface StartOptions {
  readonly env: Environment;
  /** In place of the Kafka that the environment names: an in-memory broker in tests. */
  readonly kafka?: Kafka;
  readonly logger?: Logger;
  /** What this installation brings besides what Tailrace comes with; every role is given it. */
  readonly extensions?: Extensions | undefined;
}

/** Roles at work together: one Kafka client, one HTTP server, one set of metrics. */
export interface RunningProcess {
  /** The HTTP port, also where 0 was asked for. */
  readonly port: number;
  readonly logger: Logger;
  /** Why the process is not ready, one reason a role; empty when it is. What /readyz says. */
  notReady(): readonly string[];
  /** Resolves when every role has been started; ready is for `notReady` to say. */
  readonly started: Promise<void>;
  /** Rejects when a role cannot be started or cannot go on. */
  readonly failed: Promise<never>;
  /** Lets requests and roles finish within SHUTDOWN_TIMEOUT_MS. Idempotent. @throws when the time ran out. */
  stop(): Promise<void>;
}

/**
 * Starts roles in this process. Resolves as soon as health can be asked for; Kafka may still be unreachable, and is waited for.
 * @throws SettingsError naming every bad variable of every role.
 */
export async function startRoles(roles: readonly RoleDefinition[], options: StartOptions): Promise<RunningProcess> {
  const { settings, starts } = configure(roles, options.env);
  const logger = options.logger ?? createLogger({ level: settings.logLevel });
  const metrics = new Metrics();
  metrics.collectProcessMetrics();
  const running: WatchedRole[] = [];
  const stopping = new AbortController();
  let stopReporting: () => void = () => undefined;
  /** Why not all roles run yet; undefined when they do. */
  let starting: string | undefined = 'kafka: not reached yet';

  const notReady = (): readonly string[] => {
    if (stopping.signal.aborted) return ['process: stopping'];
    return starting === undefined ? running.flatMap(reasonsOf) : [starting];
  };
  const limits = {
    rateLimit: settings.httpRateLimit,
    bodyLimitBytes: settings.httpBodyLimitBytes,
    connectionsPerAddress: settings.httpConnectionsPerAddress,
    unreadAnswerBytes: settings.httpUnreadAnswerBytes,
  };
  const server = await openHttpServer({ ...settings, ...limits, logger, metrics, notReady });
  logger.info({ port: server.port, roles: roles.map((each) => each.name) }, 'listening');
  const clientId = `tailrace-${roles.map((each) => each.name).join('-')}`;
  const client = options.kafka ?? (await openKafkaClient(settings, clientId, logger));
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);

  const start = async (): Promise<void> => {
    const onWaiting = (reason: string) => {
      starting = reason;
    };
    const waiting = { logger, onWaiting, signal: stopping.signal };
    const kafka = await reachKafka(client, settings, waiting);
    starting = 'process: roles are starting';
    const begun = await Promise.allSettled(
      starts.map(async (begin, index) => {
        const name = roles[index]?.name ?? 'role';
        const watched = watchKafka(kafka);
        const deps = { kafka: watched.kafka, metrics, http: server.http, logger, extensions: options.extensions };
        const role = await retryWhileAway(() => begin(deps).catch(onlyOurs), { ...waiting, name });
        running.push({ role, watched });
        role.failed.catch(failure.reject);
      }),
    );
    for (const each of begun) if (each.status === 'rejected') throw each.reason;
    await server.serve();
    starting = undefined;
    stopReporting = reportReadiness(running, { logger, metrics });
  };
  const started = start();
  started.catch((error: unknown) => {
    if (!stopping.signal.aborted) failure.reject(error);
  });

  const stop = async (): Promise<void> => {
    stopping.abort(new Error('the process is stopping'));
    await server.drain(settings.shutdownTimeoutMs / 3);
    await started.catch(() => undefined);
    stopReporting();
    await stopRoles(running, client, { logger, graceMs: settings.shutdownTimeoutMs / 4 });
    await server.close();
    await client.close();
  };
  let stopped: Promise<void> | undefined;
  return {
    port: server.port,
    logger,
    notReady,
    started,
    failed: failure.promise,
    stop: () => {
      stopped ??= within(settings.shutdownTimeoutMs, stop());
      return stopped;
    },
  };
}

/** What a role was not prepared for is no matter of waiting: it ends the process, where somebody sees it. */
function onlyOurs(error: unknown): never {
  if (error instanceof TailraceError) throw error;
  throw new TailraceError(messageOf(error), { code: 'role.failed', remedy: 'give-up', cause: error });
}

/** Reads every setting before anything is opened, so that one message names all that is wrong. */
function configure(roles: readonly RoleDefinition[], env: Environment) {
  const problems: SettingsError['problems'][number][] = [];
  const read = <Value>(load: () => Value): Value | undefined => {
    try {
      return load();
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      problems.push(...error.problems.filter((each) => !problems.some((other) => other.variable === each.variable)));
      return undefined;
    }
  };
  const settings = read(() => loadSettings(commonSettings, env));
  const starts = roles.flatMap((each) => read(() => each.configure(env)) ?? []);
  if (settings === undefined || problems.length > 0) throw new SettingsError(problems);
  return { settings, starts };
}

async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`stopping took longer than ${timeoutMs} ms`)), timeoutMs);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
