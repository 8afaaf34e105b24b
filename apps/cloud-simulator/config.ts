import { flag, integer, list, text } from '@tailrace/config/setting.ts';
import { type output, z } from 'zod';
import { systemClock } from './clock.ts';
import type { SimulatorOptions } from './options.ts';
import { allClouds } from './store/cloud-event.ts';

const port = (of: string) => integer(`Port of ${of}; 0 for any free one.`, { min: 0, max: 65_535 }).default(0);
const rate = (of: string) =>
  integer(`Background events per second of the simulated ${of}.`, { min: 0, max: 20_000 }).default(10);
const minutes = (description: string, max: number) => integer(`${description}, minutes.`, { min: 0, max });

/** The settings of the simulator as a process of its own. */
export const settings = z.object({
  simulatorSeed: text('Random seed.').default('tailrace'),
  simulatorClouds: list('Which clouds to simulate.', { each: /^(aws|azure|gcp)$/, accepts: 'aws, azure, gcp' }).default(
    [...allClouds],
  ),
  simulatorHost: text('Address to listen on.').default('127.0.0.1'),
  simulatorHostname: text('Name by which clients reach it; the address where left out.').optional(),
  simulatorAwsPort: port('CloudWatch Logs'),
  simulatorAzurePort: port('Entra ID and Log Analytics (TLS)'),
  simulatorGcpPort: port('Cloud Logging without TLS'),
  simulatorGcpTlsPort: port('Cloud Logging with TLS'),
  simulatorControlPort: port('the control API'),
  simulatorDataDir: text(
    'Directory of ledger, certificates and keys; nothing outlives the process where left out.',
  ).optional(),
  simulatorAwsRate: rate('AWS'),
  simulatorAzureRate: rate('Azure'),
  simulatorGcpRate: rate('Google Cloud'),
  simulatorHistoryMinutes: minutes('History to generate when none is kept', 1440).default(0),
  simulatorIncidentMinutes: minutes('Time between incidents; 0 for none', 1440).default(0),
  simulatorQuotas: flag('Enforce request quotas as the clouds do.').default(false),
  simulatorMaxEvents: integer('Events kept; about a kilobyte of memory each.', { min: 1000, max: 5_000_000 }).default(
    200_000,
  ),
  simulatorRetentionHours: integer('How long events are kept, hours.', { min: 1, max: 8760 }).default(24),
  simulatorClockSkewMs: integer('How far its clock is ahead of the machine.', {
    min: -86_400_000,
    max: 86_400_000,
    unit: 'ms',
  }).default(0),
});

/** The flag of each setting, `--aws-rate` for `simulatorAwsRate`, and the environment variable it stands for. */
export function flagsOf(): Map<string, string> {
  const names = Object.keys(settings.shape).map((key) =>
    key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
  );
  return new Map(
    names.map((name) => [name.replace(/^simulator-/, ''), name.replaceAll('-', '_').toUpperCase()] as const),
  );
}

/** A process always serves the control API: it has no other door. */
export function optionsOf(config: output<typeof settings>): SimulatorOptions {
  return {
    seed: config.simulatorSeed,
    clouds: allClouds.filter((cloud) => config.simulatorClouds.includes(cloud)),
    host: config.simulatorHost,
    hostname: config.simulatorHostname ?? config.simulatorHost,
    ports: {
      aws: config.simulatorAwsPort,
      azure: config.simulatorAzurePort,
      gcp: config.simulatorGcpPort,
      gcpTls: config.simulatorGcpTlsPort,
      control: config.simulatorControlPort,
    },
    ...(config.simulatorDataDir === undefined ? {} : { dataDirectory: config.simulatorDataDir }),
    rates: { aws: config.simulatorAwsRate, azure: config.simulatorAzureRate, gcp: config.simulatorGcpRate },
    historyMinutes: config.simulatorHistoryMinutes,
    incidentEveryMinutes: config.simulatorIncidentMinutes,
    quotas: config.simulatorQuotas,
    maxEvents: config.simulatorMaxEvents,
    retentionHours: config.simulatorRetentionHours,
    clock: systemClock(config.simulatorClockSkewMs),
  };
}
