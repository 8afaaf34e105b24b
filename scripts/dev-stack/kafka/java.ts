import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Unavailable } from '../choose-server.ts';

/** Kafka 4 brokers need Java 17: https://kafka.apache.org/43/operations/java-version/ */
const OLDEST_JAVA = 17;

/** The path of a Java that can run a Kafka broker: that of JAVA_HOME, else the one on the PATH. */
export async function findJava(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | Unavailable> {
  const home = environment.JAVA_HOME;
  const java = home ? join(home, 'bin', 'java') : 'java';
  try {
    const { stderr } = await promisify(execFile)(java, ['-version']);
    const version = majorVersion(stderr);
    return version >= OLDEST_JAVA
      ? java
      : { unavailable: `Java ${OLDEST_JAVA} or later is needed and ${java} is Java ${version}` };
  } catch {
    return { unavailable: home ? `JAVA_HOME (${home}) holds no Java that runs` : 'no Java is installed' };
  }
}

/** `openjdk version "17.0.15"` → 17, `java version "1.8.0_402"` → 8; 0 when there is no version. */
export function majorVersion(output: string): number {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(output) ?? [];
  return Number((first === '1' ? second : first) ?? 0);
}
