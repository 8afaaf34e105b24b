import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { ContainerRuntimeClient } from 'testcontainers';
import type { Unavailable } from './choose-server.ts';
import type { DevServer, DevServerOptions } from './dev-server.ts';

const READY_POLL_MS = 100;
const READY_TIMEOUT_MS = 120_000;

/** What to run in a container. */
interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly environment: Record<string, string>;
  readonly containerPort: number;
  readonly hostPort: number;
  /** Where the data is inside; it is kept in a volume named after the directory. */
  readonly dataPath: string;
  readonly isReady: () => Promise<boolean>;
}

/**
 * Runs a server in a container, at a fixed port of the host so that a restart keeps its address. testcontainers' reaper
 * removes the container when this process ends in any way; the volume stays and so does the data.
 */
export async function startContainer(
  engine: ContainerRuntimeClient,
  spec: ContainerSpec,
  options: DevServerOptions,
): Promise<DevServer | Unavailable> {
  const { GenericContainer, ImageName } = await import('testcontainers');
  try {
    options.report(`${spec.name}: starting a container of ${spec.image}; the image is fetched once`);
    await engine.image.pull(ImageName.fromString(spec.image));
  } catch (error) {
    return { unavailable: `the image ${spec.image} cannot be fetched: ${messageOf(error)}` };
  }
  const host = engine.info.containerRuntime.host;
  const LocalContainer = class extends GenericContainer {
    publishFor(engineHost: string): this {
      this.hostConfig.PortBindings = publishedFor(engineHost, this.hostConfig.PortBindings);
      return this;
    }
  };
  const started = await new LocalContainer(spec.image)
    .withEnvironment(spec.environment)
    .withExposedPorts({ container: spec.containerPort, host: spec.hostPort })
    .publishFor(host)
    .withBindMounts([{ source: volumeName(spec.name, options.directory), target: spec.dataPath }])
    .withLabels({ 'tailrace.directory': options.directory })
    .start();
  const container = engine.container.getById(started.getId());
  await untilReady(spec, options.signal);
  let stopped = false;
  return {
    choice: `a container of ${spec.image} at ${host}:${spec.hostPort}, because a container engine answers`,
    owned: true,
    kill9: async () => {
      await container.kill({ signal: 'SIGKILL' });
      await container.wait();
    },
    restart: async () => {
      await container.restart();
      await untilReady(spec, options.signal);
    },
    stop: async () => {
      if (stopped) return;
      stopped = true;
      await started.stop({ remove: true, removeVolumes: false });
    },
  };
}

/** Docker's port bindings, by `port/protocol`. */
type PortBindings = Readonly<Record<string, readonly { readonly HostIp?: string; readonly HostPort?: string }[]>>;

/**
 * An engine publishes ports on every interface of its machine unless it is configured otherwise. The servers let in anybody who
 * reaches them, so where the engine is this machine they listen on its loopback alone. An engine elsewhere, or outside of
 * the container that we are in, is reached by its own address, and keeps publishing there.
 */
export function publishedFor(engineHost: string, bindings: PortBindings = {}) {
  if (!['localhost', '127.0.0.1', '::1', '[::1]'].includes(engineHost)) return copyOf(bindings, {});
  return copyOf(bindings, { HostIp: '127.0.0.1' });
}

function copyOf(bindings: PortBindings, change: { readonly HostIp?: string }) {
  return Object.fromEntries(
    Object.entries(bindings).map(([port, hosts]) => [port, hosts.map((each) => ({ ...each, ...change }))]),
  );
}

/** Removes the volume of a server's container, with all its data, when there is one. */
export async function removeVolume(engine: ContainerRuntimeClient, name: string, directory: string): Promise<void> {
  const { dockerode } = engine.container;
  const volume = volumeName(name, directory);
  const { Volumes: volumes } = await dockerode.listVolumes({ filters: { name: [volume] } });
  if (volumes.some((each) => each.Name === volume)) await dockerode.getVolume(volume).remove();
}

function volumeName(name: string, directory: string): string {
  return `tailrace-${name.toLowerCase()}-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`;
}

async function untilReady(spec: ContainerSpec, signal: AbortSignal | undefined): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await spec.isReady())) {
    signal?.throwIfAborted();
    if (Date.now() > deadline) {
      throw new TailraceError(`The container of ${spec.image} did not answer within ${READY_TIMEOUT_MS / 1000} s.`, {
        code: 'dev_stack.server_failed',
        remedy: 'give-up',
        help: 'Look at its log: docker ps, docker logs.',
      });
    }
    await delay(READY_POLL_MS, undefined, { signal });
  }
}
