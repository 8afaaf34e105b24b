import type { Clock } from '../clock.ts';
import type { EmitRequest } from '../emission/emit-request.ts';
import type { Emitter } from '../emission/emitter.ts';
import type { Random } from '../random.ts';
import { allClouds, type Cloud } from '../store/cloud-event.ts';
import type { LedgerEntry } from '../store/ledger.ts';
import { backgroundLine } from './background.ts';
import { browse } from './browse.ts';
import { checkout } from './checkout.ts';
import type { Incidents } from './incident.ts';
import { newJourney } from './journey.ts';

/** Events a second each cloud gets. */
export type Rates = Readonly<Record<Cloud, number>>;

/** How long a cloud takes on average until its API shows an event, milliseconds. */
export type Delays = Readonly<Record<Cloud, number>>;

interface TrafficParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly emitter: Emitter;
  readonly incidents: Incidents;
  /** The clouds that are served. */
  readonly clouds: readonly Cloud[];
  readonly delays: Delays;
}

const tickMs = 100;
/** After a pause (a laptop asleep) no more than this is made up for. */
const longestStepMs = 2000;
const journeyShare = 0.25;
const checkoutShare = 0.3;
/** Ordinary trouble that is in no incident. */
const usualTrouble = 0.004;
const dayMs = 86_400_000;

/** Realistic traffic by itself: customers' journeys through all clouds, and what the machinery says besides. */
export class Traffic {
  readonly #parts: TrafficParts;
  readonly #credit: Record<Cloud, number> = { aws: 0, azure: 0, gcp: 0 };
  #rates: Rates = { aws: 0, azure: 0, gcp: 0 };
  #lastMs: number;
  #cancel: (() => void) | undefined;

  constructor(parts: TrafficParts) {
    this.#parts = parts;
    this.#lastMs = parts.clock.now();
  }

  get rates(): Rates {
    return this.#rates;
  }

  /** Changes the given clouds' rates. With all at 0 nothing runs. */
  setRates(rates: Partial<Rates>): void {
    this.#rates = { ...this.#rates, ...rates };
    const active = this.#active().length > 0;
    if (active && this.#cancel === undefined) {
      this.#lastMs = this.#parts.clock.now();
      this.#tickLater();
    }
    if (!active) this.stop();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** The traffic of a span of time that has just passed, or of one in the past; taken in at its end. */
  pass(fromMs: number, toMs: number): LedgerEntry[] {
    this.#parts.incidents.startDue(toMs);
    for (const cloud of this.#active()) {
      this.#credit[cloud] += ((this.#rates[cloud] * (toMs - fromMs)) / 1000) * timeOfDay(toMs);
    }
    return this.#spend(this.#active(), toMs, toMs - fromMs);
  }

  /** The traffic of the minutes that have just passed, for clouds that would be empty otherwise. */
  fillHistory(minutes: number): void {
    const now = this.#parts.clock.now();
    for (let time = now - minutes * 60_000; time < now; time += 1000) this.pass(time, Math.min(time + 1000, now));
  }

  /** So many events at once for each cloud, more or less: journeys are not cut. */
  burst(events: number, clouds: readonly Cloud[]): LedgerEntry[] {
    const served = clouds.filter((cloud) => this.#parts.clouds.includes(cloud));
    for (const cloud of served) this.#credit[cloud] += events;
    return this.#spend(served, this.#parts.clock.now(), tickMs);
  }

  #active(): Cloud[] {
    return allClouds.filter((cloud) => this.#rates[cloud] > 0 && this.#parts.clouds.includes(cloud));
  }

  #tickLater(): void {
    const { clock } = this.#parts;
    this.#cancel = clock.at(clock.now() + tickMs, () => {
      const now = clock.now();
      this.pass(Math.max(this.#lastMs, now - longestStepMs), now);
      this.#lastMs = now;
      if (this.#cancel !== undefined) this.#tickLater();
    });
  }

  #spend(clouds: readonly Cloud[], nowMs: number, spanMs: number): LedgerEntry[] {
    const { random, emitter } = this.#parts;
    /** A moment of the span. */
    const moment = () => nowMs - random.int(2, Math.max(2, Math.floor(spanMs)));
    const requests: EmitRequest[] = [];
    const poorest = () => Math.min(...clouds.map((cloud) => this.#credit[cloud]));
    while (clouds.length > 0 && poorest() >= 1) {
      const together = random.chance(journeyShare)
        ? this.#journey(moment()).filter(({ cloud }) => clouds.includes(cloud))
        : clouds.map((cloud) => backgroundLine(cloud, random, moment()));
      for (const request of together) this.#credit[request.cloud] -= 1;
      requests.push(...together);
    }
    for (const cloud of clouds) {
      // A cloud with a higher rate than the others fills it with lines of its own.
      for (; this.#credit[cloud] >= 5; this.#credit[cloud] -= 1) {
        requests.push(backgroundLine(cloud, random, moment()));
      }
    }
    return emitter.emit(requests.map((request) => this.#ingested(request, nowMs)));
  }

  #journey(endMs: number): EmitRequest[] {
    const { random, incidents } = this.#parts;
    const [scenario, kind] = random.chance(checkoutShare)
      ? ([checkout, 'database-pool'] as const)
      : ([browse, 'bad-release'] as const);
    const hit = random.chance(Math.max(usualTrouble, incidents.strength(kind, endMs)));
    return scenario(newJourney(random, endMs), hit);
  }

  /** When the cloud takes it in and shows it. A few lines come late: an agent was offline, or the index lags. */
  #ingested(request: EmitRequest, nowMs: number): EmitRequest {
    const { random, delays } = this.#parts;
    const offlineMs = random.chance(0.002) ? random.exponential(120_000) : 0;
    const lagMs = random.chance(0.001) ? random.int(1000, 5000) : 0;
    return {
      ...request,
      timestamp: (request.timestamp ?? nowMs * 1000) - Math.floor(offlineMs) * 1000,
      observedTimestamp: Math.floor(nowMs) * 1000 - random.int(0, 999),
      visibleAfterMs: delays[request.cloud] === 0 ? 0 : random.exponential(delays[request.cloud]) + lagMs,
    };
  }
}

/** Nights are quieter than afternoons. */
function timeOfDay(nowMs: number): number {
  return 1 + 0.35 * Math.sin((2 * Math.PI * ((nowMs % dayMs) - dayMs * 0.35)) / dayMs);
}
