import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ContainerRuntimeClient } from 'testcontainers';
import type { Unavailable } from './choose-server.ts';

/**
 * The container engine that answers, as testcontainers finds it (DOCKER_HOST, ~/.testcontainers.properties, Docker's
 * sockets): https://node.testcontainers.org/supported-container-runtimes/
 * The library takes half a second to load, so it is loaded only where something hints at an engine.
 */
export async function findContainerEngine(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ContainerRuntimeClient | Unavailable> {
  if (!hintsAtEngine(environment)) return { unavailable: 'no container engine is installed' };
  const { getContainerRuntimeClient } = await import('testcontainers');
  try {
    return await getContainerRuntimeClient();
  } catch {
    return { unavailable: 'no container engine answers' };
  }
}

function hintsAtEngine(environment: Readonly<Record<string, string | undefined>>): boolean {
  const runtimeDirectory = environment.XDG_RUNTIME_DIR ?? `/run/user/${process.getuid?.() ?? 0}`;
  const files = [
    '/var/run/docker.sock',
    join(runtimeDirectory, 'docker.sock'),
    join(homedir(), '.docker', 'run', 'docker.sock'),
    join(homedir(), '.docker', 'desktop', 'docker.sock'),
    join(homedir(), '.testcontainers.properties'),
  ];
  return (
    environment.DOCKER_HOST !== undefined || process.platform === 'win32' || files.some((file) => existsSync(file))
  );
}
