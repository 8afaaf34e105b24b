import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Clock } from '../clock.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import { type Instant, instantFromMicros, instantFromMs, msOf } from '../instant.ts';
import type { Random } from '../random.ts';
import type { Cloud, CloudEvent } from '../store/cloud-event.ts';
import { type Ledger, type LedgerEntry, ledgerEntry } from '../store/ledger.ts';
import type { EmitRequest } from './emit-request.ts';

/** Where an event goes that does not say it. */
export type DefaultPlaces = Readonly<Record<Cloud, { readonly scope: string; readonly source: string }>>;

interface EmitterParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: FaultInjector;
  readonly ledger: Ledger;
  readonly places: DefaultPlaces;
}

const hour = 3_600_000;
const day = 24 * hour;

/** The event times each cloud accepts, relative to its own time, and what it does with others. */
const accepted = {
  aws: { past: 14 * day, future: 2 * hour, otherwise: 'refuse' },
  azure: { past: 2 * day, future: day, otherwise: 'replace' },
  gcp: { past: 30 * day, future: day, otherwise: 'refuse' },
} as const;

/** Puts events into the clouds as their ingestion does: ids, accepted times, what each keeps of a time. */
export class Emitter {
  readonly #parts: EmitterParts;
  readonly #lastTime = new Map<Cloud, Instant>();

  constructor(parts: EmitterParts) {
    this.#parts = parts;
  }

  /** All or none: an event whose time its cloud does not accept fails the whole call. */
  emit(requests: readonly EmitRequest[]): LedgerEntry[] {
    const { ledger, clock } = this.#parts;
    const events = requests.map((request, index) => this.#event(request, ledger.lastSequence + index + 1));
    ledger.append(events, clock.now());
    return events.map(ledgerEntry);
  }

  #event(request: EmitRequest, sequence: number): CloudEvent {
    const { faults, places, random, clock } = this.#parts;
    const { cloud } = request;
    const now = instantFromMs(clock.now());
    const ingestionTime = request.observedTimestamp === undefined ? now : instantFromMicros(request.observedTimestamp);
    const eventTime = this.#eventTime(request, ingestionTime);
    const late = faults.meet(cloud, 'emit', 'late')?.delayMs ?? 0;
    const place = {
      sequence,
      scope: request.scope ?? places[cloud].scope,
      source: request.source ?? places[cloud].source,
      stream: request.stream ?? 'default',
      id: request.id ?? newId(cloud, eventTime, random.fork(`id ${sequence} ${eventTime}`), sequence),
      eventTime,
      ingestionTime,
      visibleTime: ingestionTime + instantFromMs((request.visibleAfterMs ?? 0) + late),
    };
    if (request.cloud === 'aws') return { ...place, cloud: 'aws', body: { message: request.message } };
    if (request.cloud === 'azure') return { ...place, cloud: 'azure', body: { row: request.row } };
    return { ...place, cloud: 'gcp', body: { entry: request.entry } };
  }

  #eventTime(request: EmitRequest, ingestionTime: Instant): Instant {
    const { cloud, timestamp, timestampNanos } = request;
    const offlineMs = this.#parts.faults.meet(cloud, 'emit', 'late-arrival')?.delayMs ?? 0;
    const told =
      (timestamp === undefined ? ingestionTime : instantFromMicros(timestamp, timestampNanos)) -
      instantFromMs(offlineMs);
    const { past, future, otherwise } = accepted[cloud];
    const age = msOf(ingestionTime) - msOf(told);
    let eventTime = asKept(cloud, told);
    if (age > past || age < -future) {
      if (otherwise === 'refuse') throw refusal(cloud, past, future);
      eventTime = asKept(cloud, ingestionTime);
    }
    const piledOn = this.#lastTime.get(cloud);
    if (piledOn !== undefined && this.#parts.faults.meet(cloud, 'emit', 'pile-up') !== undefined) return piledOn;
    this.#lastTime.set(cloud, eventTime);
    return eventTime;
  }
}

/** AWS keeps milliseconds, Azure ticks of 100 ns, Google nanoseconds. */
function asKept(cloud: Cloud, time: Instant): Instant {
  if (cloud === 'aws') return time - (time % 1_000_000n);
  return cloud === 'azure' ? time - (time % 100n) : time;
}

function newId(cloud: Cloud, eventTime: Instant, random: Random, sequence: number): string {
  switch (cloud) {
    case 'aws':
      // 56 digits that begin with the time, as CloudWatch's are; the sequence number makes them unique.
      return `3${msOf(eventTime)}${random.text(30, '0123456789')}${String(sequence).padStart(12, '0')}`;
    case 'azure':
      return random.uuid();
    case 'gcp':
      return random.text(14, '0123456789abcdefghijklmnopqrstuvwxyz');
  }
}

function refusal(cloud: Cloud, past: number, future: number): TailraceError {
  return new TailraceError(
    `${cloud} does not accept events more than ${past / day} days old or ${future / hour} hours in the future.`,
    { code: 'simulator.event_time_refused', remedy: 'give-up', help: 'Emit with a timestamp inside that range.' },
  );
}
