import type { ResultLimits } from './azure/query-answer.ts';
import type { Clock } from './clock.ts';
import type { Cloud } from './store/cloud-event.ts';
import type { Delays, Rates } from './traffic/traffic.ts';

/** How a simulator is to be. Everything has a default that suits a test: free ports, nothing emitted by itself. */
export interface SimulatorOptions {
  /** What all chance comes from: ids, traffic, which requests meet a fault. Default `tailrace`. */
  readonly seed?: string;
  /** Which clouds to serve. Default all. */
  readonly clouds?: readonly Cloud[];
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** The name clients reach it by, for addresses and certificate. Default: the host. */
  readonly hostname?: string;
  /** 0 or left out: any free port; without `control` there is no control API. */
  readonly ports?: { readonly [Key in Cloud | 'gcpTls' | 'control']?: number };
  /** Where ledger, certificates and keys are kept, so that a restart goes on. Default: nothing is kept. */
  readonly dataDirectory?: string;
  /** Background events per second of each cloud. Default 0. */
  readonly rates?: Partial<Rates>;
  /** How long a cloud takes on average until its API shows what it got by itself. Default 200, 1500 and 100 ms. */
  readonly delays?: Partial<Delays>;
  /** With nothing kept from before, begin with the traffic of so many minutes at these rates. Default 0. */
  readonly historyMinutes?: number;
  /** Let an incident begin by itself every so often. Default 0: only on request. */
  readonly incidentEveryMinutes?: number;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Whether request quotas are enforced as the clouds do. Default false. */
  readonly quotas?: boolean;
  /** How much one Azure answer holds before it is partial. Default 500,000 rows, 100 MiB. */
  readonly azureLimits?: ResultLimits;
  /** How long an Azure token is good. Default 3599, as Entra's. */
  readonly azureTokenLifetimeSeconds?: number;
  /** The most events kept, over all clouds; about a kilobyte of memory each. Default 200,000. */
  readonly maxEvents?: number;
  /** How long events are kept, hours. Default 24. */
  readonly retentionHours?: number;
}
