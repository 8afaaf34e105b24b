import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findContainerEngine } from '../dev-stack/container-engine.ts';
import { removeVolume } from '../dev-stack/container-server.ts';
import { stopLeftover } from '../dev-stack/leftover.ts';

/** What starts keep, apart from what was downloaded. */
const KEPT = ['kafka', 'postgres', 'simulator', 'secrets.json', 'running.json'];

/** Deletes the data of earlier starts: logs, connections, secrets. The directory must be locked. */
export async function resetData(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
  report: (line: string) => void,
): Promise<void> {
  await stopLeftover('Kafka', join(directory, 'kafka'), 'SIGTERM', report);
  await stopLeftover('PostgreSQL', join(directory, 'postgres'), 'SIGINT', report);
  const engine = await findContainerEngine(environment);
  if (!('unavailable' in engine)) {
    await removeVolume(engine, 'Kafka', join(directory, 'kafka'));
    await removeVolume(engine, 'PostgreSQL', join(directory, 'postgres'));
  }
  const existing = KEPT.map((name) => join(directory, name)).filter((path) => existsSync(path));
  for (const path of existing) rmSync(path, { recursive: true, force: true });
  report(existing.length === 0 ? 'There was no data to delete' : `Deleted the data of earlier starts in ${directory}`);
}
