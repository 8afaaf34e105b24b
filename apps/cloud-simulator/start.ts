import { join } from 'node:path';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { type AwsSide, awsAccount, awsRegion, startAws } from './aws/start-aws.ts';
import { type AzureSide, azureWorkspace, startAzure } from './azure/start-azure.ts';
import { systemClock } from './clock.ts';
import type { EmitRequest } from './emission/emit-request.ts';
import { Emitter } from './emission/emitter.ts';
import type { Fault } from './faults/fault.ts';
import { FaultInjector, type InjectedFault } from './faults/fault-injector.ts';
import { type GcpSide, gcpProject, startGcp } from './gcp/start-gcp.ts';
import type { SimulatorOptions } from './options.ts';
import { Random } from './random.ts';
import { allClouds, type Cloud } from './store/cloud-event.ts';
import { EventStore } from './store/event-store.ts';
import { Ledger, type LedgerEntry } from './store/ledger.ts';
import { LedgerFile } from './store/ledger-file.ts';
import { caFileIn, certificateFor } from './wire/certificate.ts';
import type { CloudParts } from './wire/cloud-parts.ts';
import { RequestLog } from './wire/request-log.ts';

/** Running stand-ins for the three clouds. */
export interface Simulator {
  /** How to reach each cloud. Throws when the options left that cloud out. */
  readonly aws: AwsSide;
  readonly azure: AzureSide;
  readonly gcp: GcpSide;
  /** What TLS clients must trust: PEM, and its file for NODE_EXTRA_CA_CERTS when there is a data directory. */
  readonly certificate: { readonly ca: string; readonly caFile: string | undefined };
  /** What was emitted. */
  readonly ledger: Pick<Ledger, 'entries' | 'count' | 'lastSequence' | 'listen'>;
  /** What was asked. */
  readonly requests: Pick<RequestLog, 'latest' | 'count'>;
  /** Puts events into the clouds, all or none; they are readable (from their visible time on) when this returns. */
  emit(events: readonly EmitRequest[]): LedgerEntry[];
  /** Makes something go wrong, see faults/fault.ts. */
  inject(fault: Fault): InjectedFault;
  /** Takes all faults out. */
  clearFaults(): void;
  /** Breaks off all connections and stops listening. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts wire-protocol stand-ins for AWS CloudWatch Logs, Azure Monitor Logs and Google Cloud Logging, which the real
 * SDKs talk to. What they hold are the events emitted into them, and nothing else.
 *
 * With a data directory the clouds outlive their process: a second start serves the events that are kept, however the
 * first one ended.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = options.clock ?? systemClock();
  const random = new Random(options.seed ?? 'tailrace');
  const retention = {
    maxEvents: options.maxEvents ?? 500_000,
    maxAgeMs: (options.retentionHours ?? 24) * 3_600_000,
  };
  const { dataDirectory } = options;
  const file = dataDirectory === undefined ? undefined : new LedgerFile(join(dataDirectory, 'ledger'));
  const store = new EventStore(retention);
  const ledger = new Ledger(store, file);
  const faults = new FaultInjector(clock, random);
  const requests = new RequestLog(clock);
  const parts: CloudParts = {
    host: options.host ?? '127.0.0.1',
    hostname: options.hostname ?? options.host ?? '127.0.0.1',
    clock,
    faults,
    requests,
    store,
    ledger,
    quotas: options.quotas ?? false,
  };
  const wanted = (cloud: Cloud) => (options.clouds ?? allClouds).includes(cloud);
  const logGroups = ['/ecs/checkout'];
  const aws = wanted('aws') ? await startAws(parts, logGroups, options.ports?.aws ?? 0) : undefined;
  const certificate = await certificateFor(parts.hostname, dataDirectory);
  const azure = wanted('azure')
    ? await startAzure(parts, {
        port: options.ports?.azure ?? 0,
        certificate,
        limits: options.azureLimits ?? { rows: 500_000, bytes: 100 * 1024 * 1024 },
        tokenLifetimeSeconds: options.azureTokenLifetimeSeconds ?? 3599,
      })
    : undefined;
  const gcp = wanted('gcp')
    ? await startGcp(parts, {
        port: options.ports?.gcp ?? 0,
        tlsPort: options.ports?.gcpTls ?? 0,
        certificate,
        dataDirectory,
      })
    : undefined;
  const emitter = new Emitter({
    clock,
    random,
    faults,
    ledger,
    places: {
      aws: { scope: `${awsAccount}:${awsRegion}`, source: '/ecs/checkout' },
      azure: { scope: azureWorkspace, source: 'AppTraces' },
      gcp: { scope: gcpProject, source: 'stdout' },
    },
  });
  return {
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
    ledger,
    requests,
    emit: (events) => emitter.emit(events),
    inject: (fault) => faults.inject(fault),
    clearFaults: () => void faults.clear(),
    async stop() {
      await Promise.all([aws?.stop(), azure?.stop(), gcp?.stop()]);
      ledger.close();
    },
  };
}

function notServed(cloud: Cloud): never {
  throw new TailraceError(`The simulator was started without ${cloud}.`, {
    code: 'simulator.cloud_not_served',
    remedy: 'give-up',
    help: `Add "${cloud}" to the option "clouds".`,
  });
}
