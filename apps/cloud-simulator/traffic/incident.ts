import { z } from 'zod';

const incidentKinds = ['database-pool', 'bad-release'] as const;

/** A disturbance of the shop, with its cause in one service's lines and its effects in others'. */
export const incidentSchema = z.strictObject({
  kind: z
    .enum(incidentKinds)
    .describe(
      'database-pool: payments runs out of connections, checkout times out, the gateway answers 5xx; bad-release: recommendations fails after a deployment',
    ),
  durationMs: z.number().positive().optional().describe('Two minutes where left out'),
  intensity: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('The share of requests hit at its height; 0.8 where left out'),
});

export type IncidentRequest = z.infer<typeof incidentSchema>;

export interface Incident extends Required<IncidentRequest> {
  readonly startMs: number;
}

/** Which incidents there are, and how strong at a time. */
export class Incidents {
  #incidents: Incident[] = [];
  #repeats: { readonly everyMs: number; nextMs: number; count: number } | undefined;

  /** Lets one begin by itself every so often, of each kind in turn; the first after a tenth of that time. */
  repeat(everyMs: number, nowMs: number): void {
    this.#repeats = { everyMs, nextMs: nowMs + everyMs / 10, count: 0 };
  }

  /** Begins the one that is due by itself. */
  startDue(nowMs: number): void {
    const repeats = this.#repeats;
    if (repeats === undefined || nowMs < repeats.nextMs) return;
    this.start({ kind: incidentKinds[repeats.count % incidentKinds.length]! }, nowMs);
    repeats.nextMs = nowMs + repeats.everyMs;
    repeats.count += 1;
  }

  start(request: IncidentRequest, startMs: number): Incident {
    const incident = { durationMs: 120_000, intensity: 0.8, ...request, startMs };
    this.#incidents.push(incident);
    return incident;
  }

  /** Ends those that have begun. */
  stop(): void {
    this.#incidents = [];
  }

  /** The probability that a request is hit, 0 to 1: rising in the first fifth, falling in the last. */
  strength(kind: Incident['kind'], nowMs: number): number {
    this.#incidents = this.#incidents.filter(({ startMs, durationMs }) => nowMs <= startMs + durationMs);
    return this.#incidents
      .filter((incident) => incident.kind === kind)
      .reduce((most, { startMs, durationMs, intensity }) => {
        const progress = (nowMs - startMs) / durationMs;
        return Math.max(most, intensity * Math.max(0, Math.min(1, progress * 5, (1 - progress) * 5)));
      }, 0);
  }
}
