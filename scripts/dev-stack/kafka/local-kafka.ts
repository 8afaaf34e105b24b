import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Unavailable } from '../choose-server.ts';
import type { DevKafka, DevServerOptions } from '../dev-server.ts';
import { lockDirectory } from '../directory-lock.ts';
import { stopLeftover } from '../leftover.ts';
import { choosePort } from '../ports.ts';
import { startServerProcess } from '../server-process.ts';
import { superviseServer } from '../supervise-server.ts';
import { findJava } from './java.ts';
import { KAFKA_VERSION, resolveKafkaJars } from './kafka-jars.ts';
import { isKafkaReady } from './kafka-probe.ts';
import { kafkaProperties } from './kafka-properties.ts';

const JAR_CACHE = join(import.meta.dirname, '..', '..', '..', '.tailrace', 'kafka-jars');
const START_ATTEMPTS = 3;

/** A broker as a process on this machine: Apache Kafka's jars, fetched by Maven, run by Java in KRaft mode. */
export async function startLocalKafka(options: DevServerOptions): Promise<DevKafka | Unavailable> {
  const java = await findJava(options.environment);
  if (typeof java !== 'string') return java;
  const jars = await resolveKafkaJars(JAR_CACHE, options);
  if (typeof jars !== 'string') return jars;
  const release = lockDirectory(options.directory);
  try {
    await stopLeftover('Kafka', options.directory, 'SIGTERM', options.report);
    return await startOnFreePorts(java, classPath(jars), release, options);
  } catch (error) {
    release();
    throw error;
  }
}

/** Chosen ports are free when they are chosen; when something takes one before the broker does, others are chosen. */
async function startOnFreePorts(
  java: string,
  jars: string,
  release: () => void,
  options: DevServerOptions,
  attempt = 1,
): Promise<DevKafka> {
  const { directory, signal } = options;
  const brokerPort = await choosePort(join(directory, 'broker.port'), options.preferredPort ?? 0);
  const controllerPort = await choosePort(join(directory, 'controller.port'), 0, [brokerPort]);
  const properties = await prepareData(java, jars, options, brokerPort, controllerPort);
  const command = {
    name: 'Kafka',
    directory,
    file: java,
    args: [
      '-Xms128m',
      '-Xmx512m',
      '-XX:+UseG1GC',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-cp',
      jars,
      'kafka.Kafka',
      properties,
    ],
    stopSignal: 'SIGTERM',
    isReady: () => isKafkaReady(brokerPort),
  } as const;
  const brokers = `127.0.0.1:${brokerPort}`;
  const choice = `Apache Kafka ${KAFKA_VERSION} run by Java at ${brokers}, data in ${directory}`;
  try {
    const server = await superviseServer('Kafka', choice, () => startServerProcess(command, signal), release, options);
    return { ...server, brokers };
  } catch (error) {
    if (/UnsupportedVersionException|metadata\.version/.test(messageOf(error))) throw newerData(directory, error);
    if (attempt === START_ATTEMPTS || !/Address already in use/i.test(messageOf(error))) throw error;
    return startOnFreePorts(java, jars, release, options, attempt + 1);
  }
}

function newerData(directory: string, cause: unknown): TailraceError {
  return new TailraceError(
    `Kafka ${KAFKA_VERSION} cannot read the data in ${directory}: a newer Kafka has written them`,
    {
      code: 'dev_stack.newer_data',
      remedy: 'give-up',
      help: '`npm start -- --reset` clears the stored data and starts over.',
      cause,
    },
  );
}

/** Every jar by name: the JVM starts sooner with them than with a wildcard. */
function classPath(jars: string): string {
  return readdirSync(jars)
    .map((jar) => join(jars, jar))
    .join(delimiter);
}

/** Writes server.properties and, the first time, formats the data directory. Returns the path of the properties. */
async function prepareData(
  java: string,
  jars: string,
  { directory, adaptProperties = (unchanged) => unchanged }: DevServerOptions,
  brokerPort: number,
  controllerPort: number,
): Promise<string> {
  const dataDirectory = join(directory, 'data');
  const properties = join(directory, 'server.properties');
  mkdirSync(directory, { recursive: true });
  const host = '127.0.0.1';
  const addresses = { bindHost: host, advertisedHost: host, brokerPort, controllerPort };
  const settings = adaptProperties(kafkaProperties({ dataDirectory, ...addresses }));
  writeFileSync(
    properties,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  if (!existsSync(join(dataDirectory, 'meta.properties'))) {
    const clusterId = randomBytes(16).toString('base64url');
    const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
    // With `=`, since one id in 64 begins with a hyphen.
    const format = ['kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '--config', properties];
    await promisify(execFile)(java, [...quick, '-cp', jars, ...format]);
  }
  return properties;
}
