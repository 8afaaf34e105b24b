import { z } from 'zod';
import { emitRequestSchema } from '../emission/emit-request.ts';
import { faultSchema } from '../faults/fault.ts';
import type { Simulator } from '../simulator.ts';
import { incidentSchema } from '../traffic/incident.ts';

/** What a handler is given of a request. */
interface ControlRequest {
  readonly simulator: Simulator;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A route of the control API: method and path as the key of `routes`, its answer in JSON. */
type Handler = (request: ControlRequest) => unknown;

/** A request that cannot be met; answered with this status. */
export class ControlError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const cloud = z.enum(['aws', 'azure', 'gcp']);
const count = z.coerce.number().int().nonnegative();

/** The query of every ledger route. */
export const ledgerQuery = z.strictObject({
  cloud: cloud.optional(),
  scope: z.string().optional(),
  source: z.string().optional(),
  fromSequence: count.optional(),
  since: count.optional(),
  until: count.optional(),
  limit: count.max(100_000).optional(),
});

const rate = z.number().min(0).max(20_000).optional();
const ratesBody = z.strictObject({ aws: rate, azure: rate, gcp: rate });
const emitBody = z.strictObject({ events: z.array(emitRequestSchema).max(100_000) });
const burstBody = z.strictObject({ events: z.int().positive().max(100_000), clouds: z.array(cloud).optional() });
const requestsQuery = z.strictObject({
  cloud: cloud.optional(),
  operation: z.string().optional(),
  outcome: z.string().optional(),
});

/** Everything but the live ledger, which is no single answer. */
export const routes: Readonly<Record<string, Handler>> = {
  'GET /health': ({ simulator }) => ({
    status: 'ok',
    ...extent(simulator),
    kept: simulator.ledger.count(),
    rates: simulator.rates,
    faults: simulator.faults.length,
  }),
  'GET /ledger': ({ simulator, parameters }) => {
    const { limit = 10_000, ...filter } = checked(ledgerQuery, parameters);
    return { entries: simulator.ledger.entries(filter, limit), ...extent(simulator) };
  },
  'GET /ledger/count': ({ simulator, parameters }) => {
    const { limit: _, ...filter } = checked(ledgerQuery, parameters);
    return { count: simulator.ledger.count(filter), ...extent(simulator) };
  },
  'POST /emit': ({ simulator, body }) => ({ entries: simulator.emit(checked(emitBody, body).events) }),
  'POST /burst': ({ simulator, body }) => {
    const { events, clouds } = checked(burstBody, body);
    return { entries: simulator.burst(events, clouds) };
  },
  'GET /rates': ({ simulator }) => simulator.rates,
  'POST /rates': ({ simulator, body }) => {
    simulator.setRates(checked(ratesBody, body));
    return simulator.rates;
  },
  'POST /incidents': ({ simulator, body }) => simulator.startIncident(checked(incidentSchema, body)),
  'DELETE /incidents': ({ simulator }) => {
    simulator.stopIncidents();
    return {};
  },
  'GET /faults': ({ simulator }) => ({ faults: simulator.faults.map(shownFault) }),
  'POST /faults': ({ simulator, body }) => shownFault(simulator.inject(checked(faultSchema, body))),
  'DELETE /faults': ({ simulator }) => {
    simulator.clearFaults();
    return {};
  },
  'GET /requests': ({ simulator, parameters }) => {
    const wanted = checked(requestsQuery, parameters);
    const { latest } = simulator.requests;
    return {
      count: simulator.requests.count(wanted.cloud, wanted.operation, wanted.outcome),
      latest: latest.filter((record) =>
        (['cloud', 'operation', 'outcome'] as const).every((key) => (wanted[key] ?? record[key]) === record[key]),
      ),
    };
  },
  'GET /connections': ({ simulator }) => ({
    connections: simulator.connections,
    endpointHosts: simulator.endpointHosts,
    caFile: simulator.certificate.caFile ?? null,
  }),
};

/** A `firstSequence` above 1 means that the ledger has forgotten what was before. */
function extent({ ledger }: Simulator): object {
  return { firstSequence: ledger.firstSequence, lastSequence: ledger.lastSequence };
}

function shownFault({ id, fault, met }: Simulator['faults'][number]): object {
  return { id, met, ...fault };
}

/** What the schema makes of a value; a ControlError that says what is wrong otherwise. */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new ControlError(400, `${path.length === 0 ? 'the request' : path.join('.')}: ${message}`);
}
