import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';

/** The Java programs to measure against, copied to where they may be built. */
export class PeerRig {
  readonly #directory: string;
  readonly #brokers: string;

  /** @param peers The rigs' directory, which is left as it is. */
  constructor(peers: string, directory: string, brokers: string) {
    this.#directory = directory;
    this.#brokers = brokers;
    for (const rig of ['gen', 'kafka-streams']) cpSync(join(peers, rig), join(directory, rig), { recursive: true });
  }

  /** Fills the topic `logs.raw` with events by seed. */
  async generate(events: number): Promise<void> {
    await this.#run('gen', { N: String(events) });
  }

  /** Runs Kafka Streams over `logs.raw` once. @returns its metrics by name. */
  async kafkaStreams(implementation: string, events: number): Promise<ReadonlyMap<string, number>> {
    const output = await this.#run('kafka-streams', { N: String(events), RUNS: '1', IMPLS: implementation });
    return new Map(
      output
        .split('\n')
        .map((line) => line.split(' '))
        .filter((words) => words.length === 3)
        .map(([, metric = '', value]) => [metric, Number(value)]),
    );
  }

  /** Runs a rig's run.sh. @returns what it printed. */
  async #run(rig: string, environment: Readonly<Record<string, string>>): Promise<string> {
    const child = spawn('sh', [join(this.#directory, rig, 'run.sh')], {
      env: { ...process.env, BOOTSTRAP: this.#brokers, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`the rig ${rig} ended with ${code}`);
    return output;
  }
}
