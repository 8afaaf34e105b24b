import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Unavailable } from '../choose-server.ts';
import type { DevServerOptions } from '../dev-server.ts';

/**
 * The Apache Kafka release that runs, here and in docker-compose.yml. Not a newer one yet: from 4.1 to 4.4, a broker that
 * was killed leaves markers of decided transactions out. It takes a partition that has no leader for a moment for a deleted
 * one (`KRaftMetadataCache.getPartitionLeaderEndpoint`), so that offsets stay pending for ever.
 * `libs/kafka/conformance/broker-faults.ts` shows it.
 */
export const KAFKA_VERSION = '4.0.2';

const PROGRESS_EVERY = 20;
const REASONS_KEPT = 8;

/** What a broker consists of. Kafka logs through SLF4J 1.7, which needs one binding; this one prints to stderr. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tailrace</groupId><artifactId>kafka-broker</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;

/**
 * The directory with Apache Kafka's jars. The first time Maven resolves them from its repositories (120 MB), checksums
 * checked; afterwards the copy in the cache is used and Maven is not called.
 * @param cache the directory that keeps one folder of jars per Kafka version
 * @throws {TailraceError} `dev_stack.download_failed` when Maven is there but fails
 */
export async function resolveKafkaJars(cache: string, options: DevServerOptions): Promise<string | Unavailable> {
  const jars = join(cache, `kafka-${KAFKA_VERSION}`);
  if (existsSync(jars)) return jars;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'download-'));
  try {
    writeFileSync(join(work, 'pom.xml'), POM);
    options.report(`Kafka: fetching Apache Kafka ${KAFKA_VERSION} with Maven, once`);
    if (!(await copyDependencies(work, options)))
      return { unavailable: 'Maven (mvn), which would fetch Apache Kafka, is not installed' };
    publish(join(work, 'jars'), jars);
    return jars;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Runs Maven; false when there is none. */
async function copyDependencies(work: string, options: DevServerOptions): Promise<boolean> {
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  const args = [
    '--batch-mode',
    '-Dstyle.color=never',
    '--strict-checksums',
    goal,
    '-DoutputDirectory=jars',
    '-DincludeScope=runtime',
  ];
  const maven = spawn('mvn', args, {
    cwd: work,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.signal ? { signal: options.signal } : {}),
  });
  let downloads = 0;
  const reasons: string[] = [];
  createInterface({ input: maven.stdout }).on('line', (line) => {
    if (line.includes('Downloaded from') && ++downloads % PROGRESS_EVERY === 0)
      options.report(`Kafka: ${downloads} files fetched`);
    if (line.startsWith('[ERROR]') && reasons.length < REASONS_KEPT) reasons.push(line.slice('[ERROR] '.length));
  });
  // What Maven's own start script says, such as that JAVA_HOME is wrong.
  createInterface({ input: maven.stderr }).on('line', (line) => {
    const text = stripVTControlCharacters(line).trim();
    if (text !== '' && reasons.length < REASONS_KEPT) reasons.push(text);
  });
  const code = await new Promise<number | 'absent'>((resolve, reject) => {
    maven.once('close', (status) => resolve(status ?? 1));
    maven.once('error', (error) => ('code' in error && error.code === 'ENOENT' ? resolve('absent') : reject(error)));
  });
  if (code === 'absent') return false;
  if (code === 0) return true;
  throw new TailraceError(`Maven could not fetch Apache Kafka ${KAFKA_VERSION}:\n${reasons.join('\n')}`, {
    code: 'dev_stack.download_failed',
    remedy: 'retry',
    help: 'Check the network and ~/.m2/settings.xml, or set KAFKA_BROKERS to a Kafka that runs already.',
  });
}

/** Moves a finished folder into place in one step; when another process was quicker, its copy is as good. */
function publish(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}
