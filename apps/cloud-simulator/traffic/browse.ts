import type { EmitRequest } from '../emission/emit-request.ts';
import { combined } from './formats/access-log.ts';
import { logrus, pino } from './formats/json-loggers.ts';
import { dotnet, nodeText, python } from './formats/text-loggers.ts';
import { exchangeOf, type Journey, lineOf, type Scenario } from './journey.ts';
import { appRequest, awsEvent, containerLog, gcpEntry, gkeEntry } from './places.ts';

const terms = ['running shoes', 'espresso', 'desk lamp', 'rain jacket', 'headphones', 'tent', 'notebook'];

/**
 * A look around: storefront and loyalty (Azure), search and recommendations behind a load balancer (Google), the session
 * service and the gateway's access log (AWS). Hit by the incident `bad-release`, recommendations fails and the page does
 * without it.
 */
export const browse: Scenario = (journey, hit) => {
  const durationMs = journey.random.int(25, 260);
  return [...search(journey, durationMs), ...recommendations(journey, durationMs, hit), ...page(journey, durationMs)];
};

function search(journey: Journey, durationMs: number): EmitRequest[] {
  const { random } = journey;
  const slow = random.chance(0.02);
  const found = lineOf(journey, 'search', 'search-5f7d8b6c9-m4n5p', {
    agoMs: durationMs * 0.6,
    level: slow ? 'warn' : 'info',
    logger: 'query',
    message: slow ? 'slow query' : 'query served',
    fields: {
      query: random.pick(terms),
      hits: random.int(0, 400),
      took_ms: slow ? random.int(900, 2500) : random.int(3, 90),
    },
  });
  return [gkeEntry(random, found, { jsonPayload: logrus(found) })];
}

function recommendations(journey: Journey, durationMs: number, hit: boolean): EmitRequest[] {
  const { random, user, endMs, clientIp, userAgent, traceId } = journey;
  const pod = hit ? 'recommendations-8b7c6d5e4-new42' : 'recommendations-6f5e4d3c2-old17';
  const thrown = { type: 'KeyError', message: "'segment'" };
  const said = hit
    ? ({ level: 'error', message: `Could not rank products for ${user}`, thrown } as const)
    : { message: `Ranked ${random.int(20, 80)} products for ${user}` };
  const ranked = lineOf(journey, 'recommendations', pod, {
    agoMs: durationMs * 0.4,
    logger: 'recommendations.api',
    ...said,
  });
  const status = hit ? 500 : 200;
  return [
    gkeEntry(random, ranked, { textPayload: python(ranked) }),
    gcpEntry(random, 'requests', 'shop-lb', endMs - durationMs * 0.35, {
      severity: hit ? 'WARNING' : 'INFO',
      resource: {
        type: 'http_load_balancer',
        labels: { project_id: 'shop-prod', url_map_name: 'shop-lb', zone: 'global' },
      },
      httpRequest: {
        requestMethod: 'GET',
        requestUrl: `https://api.shop.example/recommendations?user=${user}`,
        status,
        responseSize: String(random.int(300, 9000)),
        userAgent,
        remoteIp: clientIp,
        latency: `${(durationMs * 0.3 * 1e-3).toFixed(6)}s`,
        protocol: 'HTTP/2',
      },
      trace: `projects/shop-prod/traces/${traceId}`,
    }),
  ];
}

function page(journey: Journey, durationMs: number): EmitRequest[] {
  const { random, user, endMs } = journey;
  const path = `/products?q=${encodeURIComponent(random.pick(terms))}`;
  const status = random.chance(0.02) ? 404 : 200;
  const rendered = lineOf(journey, 'storefront', `storefront-${random.int(0, 2)}`, {
    agoMs: 1,
    logger: 'Shop.Storefront.ProductsController',
    message: 'GET /products',
    fields: { customer: user },
  });
  const points = lineOf(journey, 'loyalty', 'loyalty-7d6c5b4a3-k9j8h', {
    agoMs: durationMs * 0.2,
    logger: 'Shop.Loyalty.PointsReader',
    message: `Read the points of ${user} in ${random.int(1, 30)} ms`,
  });
  const session = lineOf(journey, 'checkout', 'ip-10-0-11-27', {
    agoMs: durationMs * 0.9,
    level: 'debug',
    logger: 'session',
    message: 'session renewed',
    fields: { userId: user, ttlSeconds: 1800 },
  });
  const text = random.chance(0.3) ? nodeText(session) : pino(session);
  return [
    awsEvent(random, '/ecs/checkout', 'checkout/app/5b81d2', session.time, text),
    awsEvent(
      random,
      '/ecs/gateway',
      'gateway/nginx/77aa10',
      endMs,
      combined(exchangeOf(journey, 'GET', path, status, durationMs)),
    ),
    containerLog(random, points, dotnet(points)),
    appRequest(random, rendered, status, durationMs),
  ];
}
