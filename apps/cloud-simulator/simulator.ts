import type { AwsSide } from './aws/start-aws.ts';
import type { AzureSide } from './azure/start-azure.ts';
import type { DemoConnection } from './demo-connections.ts';
import type { EmitRequest } from './emission/emit-request.ts';
import type { Fault } from './faults/fault.ts';
import type { InjectedFault } from './faults/fault-injector.ts';
import type { GcpSide } from './gcp/start-gcp.ts';
import type { Cloud } from './store/cloud-event.ts';
import type { Ledger, LedgerEntry } from './store/ledger.ts';
import type { Incident, IncidentRequest } from './traffic/incident.ts';
import type { Rates } from './traffic/traffic.ts';
import type { RequestLog } from './wire/request-log.ts';

/** Running stand-ins for the three clouds. */
export interface Simulator {
  /** How to reach each cloud. Throws when the options left that cloud out. */
  readonly aws: AwsSide;
  readonly azure: AzureSide;
  readonly gcp: GcpSide;
  /** What TLS clients must trust: PEM, and its file for NODE_EXTRA_CA_CERTS when there is a data directory. */
  readonly certificate: { readonly ca: string; readonly caFile: string | undefined };
  /** `http://host:port` of the control API, where one was asked for. */
  readonly control: string | undefined;
  /** Connections that read the traffic, as `POST connections` takes them, and the hosts they need allowed. */
  readonly connections: readonly DemoConnection[];
  readonly endpointHosts: readonly string[];

  /** What was emitted. */
  readonly ledger: Pick<Ledger, 'entries' | 'count' | 'firstSequence' | 'lastSequence' | 'listen'>;
  /** What was asked. */
  readonly requests: Pick<RequestLog, 'latest' | 'count'>;

  /** Puts events into the clouds, all or none; they are readable (from their visible time on) when this returns. */
  emit(events: readonly EmitRequest[]): LedgerEntry[];
  /** Puts so many realistic events into each cloud at once, a few more or less. */
  burst(events: number, clouds?: readonly Cloud[]): LedgerEntry[];
  /** Events a second that the clouds get by themselves. */
  readonly rates: Rates;
  setRates(rates: Partial<Rates>): void;
  /** Disturbs the realistic traffic from now on. */
  startIncident(incident: IncidentRequest): Incident;
  stopIncidents(): void;

  /** Makes something go wrong, see faults/fault.ts. */
  inject(fault: Fault): InjectedFault;
  /** The faults that still wait. */
  readonly faults: readonly InjectedFault[];
  /** Takes all faults out. */
  clearFaults(): void;

  /** Breaks off all connections and stops listening. Idempotent. */
  stop(): Promise<void>;
}
