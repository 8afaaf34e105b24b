import type { EmitRequest } from '../emission/emit-request.ts';
import type { Random } from '../random.ts';
import type { JsonObject } from '../store/cloud-event.ts';
import type { HttpExchange } from './formats/access-log.ts';
import type { Level, LogLine, Thrown } from './log-line.ts';

/** One customer's request on its way through the shop's services, in all three clouds. They share its trace. */
export interface Journey {
  readonly random: Random;
  /** When its answer was sent, milliseconds since the epoch. Its lines lie before that. */
  readonly endMs: number;
  readonly traceId: string;
  readonly user: string;
  readonly orderId: string;
  readonly clientIp: string;
  readonly userAgent: string;
}

const userAgents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  'ShopApp/7.3.1 (Android 15)',
];

export function newJourney(random: Random, endMs: number): Journey {
  return {
    random,
    endMs,
    traceId: random.hex(32),
    user: `u-${random.int(1000, 9999)}`,
    orderId: `ord_${random.text(10, '0123456789ABCDEFGHJKMNPQRSTVWXYZ')}`,
    clientIp: `203.0.113.${random.int(1, 254)}`,
    userAgent: random.pick(userAgents),
  };
}

/** The parts of a line that a service says itself. */
interface Saying {
  readonly agoMs: number;
  readonly level?: Level;
  readonly logger: string;
  readonly message: string;
  readonly fields?: JsonObject;
  readonly thrown?: Thrown;
}

/** A line of a service within a journey, with a span of its own. */
export function lineOf(journey: Journey, service: string, instance: string, saying: Saying): LogLine {
  const { agoMs, level = 'info', logger, message, fields = {}, thrown } = saying;
  return {
    service,
    instance,
    time: Math.floor(journey.endMs - agoMs),
    level,
    logger,
    message,
    fields,
    traceId: journey.traceId,
    spanId: journey.random.hex(16),
    ...(thrown === undefined ? {} : { thrown }),
  };
}

/** The request as the shop's edge saw it. */
export function exchangeOf(
  journey: Journey,
  method: string,
  path: string,
  status: number,
  durationMs: number,
): HttpExchange {
  const { random, endMs, clientIp, userAgent, traceId } = journey;
  const bytes = status < 400 ? random.int(400, 24_000) : random.int(120, 600);
  return { time: endMs, method, path, status, durationMs, bytes, clientIp, userAgent, traceId };
}

/** A scenario: the lines that a journey leaves, oldest first. */
export type Scenario = (journey: Journey, hit: boolean) => EmitRequest[];
