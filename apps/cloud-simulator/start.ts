import { join } from 'node:path';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { awsAccount, awsRegion, startAws } from './aws/start-aws.ts';
import { azureWorkspace, startAzure } from './azure/start-azure.ts';
import { systemClock } from './clock.ts';
import { serveControl } from './control/control-server.ts';
import { demoConnections, endpointHosts } from './demo-connections.ts';
import { type DefaultPlaces, Emitter } from './emission/emitter.ts';
import { FaultInjector } from './faults/fault-injector.ts';
import { gcpProject, startGcp } from './gcp/start-gcp.ts';
import type { SimulatorOptions } from './options.ts';
import { Random } from './random.ts';
import type { Simulator } from './simulator.ts';
import { allClouds, type Cloud } from './store/cloud-event.ts';
import { EventStore } from './store/event-store.ts';
import { Ledger } from './store/ledger.ts';
import { LedgerFile } from './store/ledger-file.ts';
import { Incidents } from './traffic/incident.ts';
import { logGroups } from './traffic/places.ts';
import { Traffic } from './traffic/traffic.ts';
import { type Certificate, caFileIn, certificateFor } from './wire/certificate.ts';
import type { CloudParts } from './wire/cloud-parts.ts';
import { RequestLog } from './wire/request-log.ts';

const places: DefaultPlaces = {
  aws: { scope: `${awsAccount}:${awsRegion}`, source: '/ecs/checkout' },
  azure: { scope: azureWorkspace, source: 'AppTraces' },
  gcp: { scope: gcpProject, source: 'stdout' },
};

/**
 * Starts wire-protocol stand-ins for AWS CloudWatch Logs, Azure Monitor Logs and Google Cloud Logging, which the real
 * SDKs talk to. What they hold are the events emitted into them, one by one or as the traffic of an imagined shop, and
 * nothing else; the ledger has each of them.
 *
 * With a data directory the clouds outlive their process: a second start serves the events that are kept, however the
 * first one ended.
 *
 *     const simulator = await startSimulator({ clouds: ['aws'] });
 *     simulator.emit([{ cloud: 'aws', message: 'hello' }]);
 *     simulator.inject({ cloud: 'aws', kind: 'throttle', count: 3 });
 *     // … read with the SDK at simulator.aws.endpoint, compare with simulator.ledger.entries() …
 *     await simulator.stop();
 *
 * Azure speaks TLS only. A client in this thread trusts it after `trustInThisThread(simulator.certificate.ca)`, one in
 * another process by NODE_EXTRA_CA_CERTS = `simulator.certificate.caFile`.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { dataDirectory, clock = systemClock(), host = '127.0.0.1', ports = {} } = options;
  const random = new Random(options.seed ?? 'tailrace');
  const store = new EventStore({
    maxEvents: options.maxEvents ?? 200_000,
    maxAgeMs: (options.retentionHours ?? 24) * 3_600_000,
  });
  const ledger = new Ledger(
    store,
    dataDirectory === undefined ? undefined : new LedgerFile(join(dataDirectory, 'ledger')),
  );
  store.prune(clock.now());
  const faults = new FaultInjector(clock, random);
  const requests = new RequestLog(clock);
  const quotas = options.quotas ?? false;
  const parts: CloudParts = {
    host,
    hostname: options.hostname ?? host,
    clock,
    faults,
    requests,
    store,
    ledger,
    quotas,
  };

  const certificate = await certificateFor(parts.hostname, dataDirectory);
  const clouds = options.clouds ?? allClouds;
  const { aws, azure, gcp } = await startClouds(parts, certificate, options);

  const emitter = new Emitter({ clock, random, faults, ledger, places });
  const incidents = new Incidents();
  const traffic = new Traffic({
    clock,
    random: random.fork(`traffic ${ledger.lastSequence}`),
    emitter,
    incidents,
    clouds,
    delays: { aws: 200, azure: 1500, gcp: 100, ...options.delays },
  });

  let control: string | undefined;
  const simulator: Simulator = {
    get aws() {
      return aws ?? notServed('aws');
    },
    get azure() {
      return azure ?? notServed('azure');
    },
    get gcp() {
      return gcp ?? notServed('gcp');
    },
    certificate: { ca: certificate.ca, caFile: dataDirectory === undefined ? undefined : caFileIn(dataDirectory) },
    get control() {
      return control;
    },
    connections: demoConnections({ aws, azure, gcp }),
    endpointHosts: endpointHosts({ aws, azure, gcp }),
    ledger,
    requests,
    emit: (events) => emitter.emit(events),
    burst: (events, served = clouds) => traffic.burst(events, served),
    get rates() {
      return traffic.rates;
    },
    setRates: (rates) => traffic.setRates(rates),
    startIncident: (incident) => incidents.start(incident, clock.now()),
    stopIncidents: () => incidents.stop(),
    inject: (fault) => faults.inject(fault),
    get faults() {
      return faults.waiting;
    },
    clearFaults: () => void faults.clear(),
    async stop() {
      traffic.stop();
      await Promise.all([aws?.stop(), azure?.stop(), gcp?.stop(), controlService?.close()]);
      ledger.close();
    },
  };
  const controlService =
    ports.control === undefined ? undefined : await serveControl(simulator, { host, port: ports.control });
  if (controlService !== undefined) control = `http://${parts.hostname}:${controlService.port}`;
  beginTraffic(options, traffic, incidents, ledger.lastSequence > 0, clock.now());
  return simulator;
}

/** All or none: where one cannot start (its port is taken), the others do not stay. */
async function startClouds(parts: CloudParts, certificate: Certificate, options: SimulatorOptions) {
  const { clouds = allClouds, ports = {}, dataDirectory } = options;
  const limits = options.azureLimits ?? { rows: 500_000, bytes: 100 * 1024 * 1024 };
  const tokenLifetimeSeconds = options.azureTokenLifetimeSeconds ?? 3599;
  const azureOptions = { port: ports.azure ?? 0, certificate, limits, tokenLifetimeSeconds };
  const gcpOptions = { port: ports.gcp ?? 0, tlsPort: ports.gcpTls ?? 0, certificate, dataDirectory };
  const starting = {
    aws: clouds.includes('aws') ? startAws(parts, logGroups, ports.aws ?? 0) : undefined,
    azure: clouds.includes('azure') ? startAzure(parts, azureOptions) : undefined,
    gcp: clouds.includes('gcp') ? startGcp(parts, gcpOptions) : undefined,
  };
  try {
    return { aws: await starting.aws, azure: await starting.azure, gcp: await starting.gcp };
  } catch (error) {
    for (const outcome of await Promise.allSettled(Object.values(starting))) {
      if (outcome.status === 'fulfilled') await outcome.value?.stop();
    }
    throw error;
  }
}

function beginTraffic(
  { historyMinutes = 0, incidentEveryMinutes = 0, rates = {} }: SimulatorOptions,
  traffic: Traffic,
  incidents: Incidents,
  hasHistory: boolean,
  nowMs: number,
): void {
  traffic.setRates(rates);
  const filled = hasHistory ? 0 : historyMinutes;
  if (incidentEveryMinutes > 0) incidents.repeat(incidentEveryMinutes * 60_000, nowMs - filled * 60_000);
  traffic.fillHistory(filled);
}

function notServed(cloud: Cloud): never {
  throw new TailraceError(`The simulator was started without ${cloud}.`, {
    code: 'simulator.cloud_not_served',
    remedy: 'give-up',
    help: `Add "${cloud}" to the option "clouds".`,
  });
}
