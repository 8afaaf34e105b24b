import { join } from 'node:path';
import type { Simulator } from '@tailrace/cloud-simulator/simulator.ts';
import { startSimulator } from '@tailrace/cloud-simulator/start.ts';
import { trustInThisThread } from '@tailrace/cloud-simulator/wire/certificate.ts';
import { choosePort } from '../dev-stack/ports.ts';

/** Events a second of each cloud: a screen that moves and can still be read. */
const RATES = { aws: 4, azure: 3, gcp: 3 };

const PORT_NAMES = ['aws', 'azure', 'gcp', 'gcpTls', 'control'] as const;

/**
 * Starts the simulated clouds with the traffic of an imagined shop: a quarter of an hour of it at the first start, and an
 * incident every few minutes. Their addresses stay the same from start to start, because connections hold them.
 * TLS clients of this process trust them from now on.
 */
export async function startDemoClouds(directory: string): Promise<Simulator> {
  const ports: Partial<Record<(typeof PORT_NAMES)[number], number>> = {};
  for (const name of PORT_NAMES) {
    ports[name] = await choosePort(join(directory, `${name}.port`), 0, Object.values(ports));
  }
  const simulator = await startSimulator({
    dataDirectory: directory,
    ports,
    rates: RATES,
    historyMinutes: 15,
    incidentEveryMinutes: 10,
  });
  trustInThisThread(simulator.certificate.ca);
  return simulator;
}
