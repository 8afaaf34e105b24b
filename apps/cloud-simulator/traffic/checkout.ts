import type { EmitRequest } from '../emission/emit-request.ts';
import { albEntry, combined } from './formats/access-log.ts';
import { bunyan, pino, zap } from './formats/json-loggers.ts';
import { lambdaJson, lambdaText } from './formats/lambda.ts';
import { dotnetStackTrace } from './formats/stack-trace.ts';
import { logback, logfmt } from './formats/text-loggers.ts';
import { exchangeOf, type Journey, lineOf, type Scenario } from './journey.ts';
import { appException, appRequest, appTrace, awsEvent, containerLog, gkeEntry } from './places.ts';

/**
 * An order: storefront (Azure) → pricing (Azure) → inventory (Google) → checkout, payments, orders (AWS) → two Lambdas,
 * and the gateway's access log. Hit by the incident `database-pool`, payments has no connection to give, checkout waits
 * for it in vain, and the customer gets a 504.
 */
export const checkout: Scenario = (journey, hit) => {
  const durationMs = hit ? journey.random.int(3050, 3400) : journey.random.int(120, 700);
  const status = hit ? journey.random.pick([502, 504]) : 201;
  return [
    ...before(journey, durationMs),
    ...(hit ? poolExhausted(journey, durationMs) : paid(journey, durationMs)),
    ...edge(journey, status, durationMs),
  ];
};

function before(journey: Journey, durationMs: number): EmitRequest[] {
  const { random, orderId, user } = journey;
  const items = random.int(1, 6);
  const total = random.int(900, 42_000) / 100;
  const storefront = lineOf(journey, 'storefront', `storefront-${random.int(0, 2)}`, {
    agoMs: durationMs,
    logger: 'Shop.Storefront.BasketController',
    message: `Basket of ${user} submitted with ${items} items`,
    fields: { basketItems: String(items), customer: user },
  });
  const pricing = lineOf(journey, 'pricing', 'pricing-6d5f8c9b7-x2x9k', {
    agoMs: durationMs * 0.93,
    logger: 'pricer',
    message: 'quoted basket',
    fields: { order_id: orderId, total, currency: 'EUR' },
  });
  const shelf = random.int(0, 40);
  const inventory = lineOf(journey, 'inventory', 'inventory-7c9d6f5b4-q8r2t', {
    agoMs: durationMs * 0.9,
    level: shelf < 3 ? 'warn' : 'info',
    logger: 'reservation',
    message: shelf < 3 ? 'stock is running low' : 'stock reserved',
    fields: { order_id: orderId, sku: `SKU-${random.int(10_000, 10_060)}`, left: shelf },
  });
  const placed = lineOf(journey, 'checkout', 'ip-10-0-11-27', {
    agoMs: durationMs * 0.88,
    logger: 'place-order',
    message: 'placing order',
    fields: { orderId, userId: user, amount: total },
  });
  return [
    appTrace(random, storefront),
    containerLog(random, pricing, zap(pricing)),
    gkeEntry(random, inventory, { jsonPayload: bunyan(inventory) }),
    awsEvent(random, '/ecs/checkout', 'checkout/app/3f2a9c', placed.time, pino(placed)),
  ];
}

function paid(journey: Journey, durationMs: number): EmitRequest[] {
  const { random, orderId } = journey;
  const captured = lineOf(journey, 'payments', 'ip-10-0-12-8', {
    agoMs: durationMs * 0.3,
    logger: 'c.s.payments.PaymentService',
    message: `Captured payment for order ${orderId} in ${Math.round(durationMs * 0.4)} ms`,
  });
  const stored = lineOf(journey, 'orders', 'ip-10-0-13-4', {
    agoMs: durationMs * 0.1,
    logger: 'store',
    message: 'order stored',
    fields: { order_id: orderId, rows: 3, took: `${random.int(2, 19)}ms` },
  });
  const confirmed = lineOf(journey, 'checkout', 'ip-10-0-11-27', {
    agoMs: 3,
    logger: 'place-order',
    message: 'order placed',
    fields: { orderId, durationMs, req: { method: 'POST', url: '/api/checkout' }, res: { statusCode: 201 } },
  });
  return [
    awsEvent(random, '/ecs/payments', 'payments/app/91bd04', captured.time, logback(captured)),
    awsEvent(random, '/ecs/orders', 'orders/app/c07e11', stored.time, logfmt(stored)),
    awsEvent(random, '/ecs/checkout', 'checkout/app/3f2a9c', confirmed.time, pino(confirmed)),
    ...functions(journey),
  ];
}

/** The two Lambdas that an order sets going. */
function functions(journey: Journey): EmitRequest[] {
  const { random, orderId, traceId, endMs, user } = journey;
  const durationMs = random.int(20, 180) + random.next();
  const cold = random.chance(0.05) ? { initMs: random.int(180, 420) } : {};
  const invocation = {
    requestId: random.uuid(),
    traceId,
    segmentId: random.hex(16),
    durationMs,
    memoryMb: random.int(78, 140),
    timedOut: random.chance(0.01),
    ...cold,
  };
  const said = lineOf(journey, 'order-notifications', 'lambda', {
    agoMs: durationMs / 2,
    logger: 'handler',
    message: `Sent confirmation of ${orderId} to ${user}`,
  });
  const stream = `${new Date(endMs).toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]a4e5f6`;
  const texts = lambdaText(invocation, invocation.timedOut ? [] : [said], endMs);
  const receipt = { ...invocation, requestId: random.uuid(), segmentId: random.hex(16), timedOut: false };
  const printed = { ...said, message: 'receipt stored', fields: { orderId, bytes: random.int(9000, 31_000) } };
  return [
    ...texts.map(({ time, text }) => awsEvent(random, '/aws/lambda/order-notifications', stream, time, text)),
    ...lambdaJson(receipt, [printed], endMs).map(({ time, text }) =>
      awsEvent(random, '/aws/lambda/receipts', stream, time, text),
    ),
  ];
}

function poolExhausted(journey: Journey, durationMs: number): EmitRequest[] {
  const { random, orderId } = journey;
  const waiting = random.int(8, 60);
  const pool = `HikariPool-1 - Connection is not available, request timed out after 3000ms (total=10, active=10, idle=0, waiting=${waiting})`;
  const cause = { type: 'java.sql.SQLTransientConnectionException', message: pool };
  const starved = lineOf(journey, 'payments', 'ip-10-0-12-8', {
    agoMs: 45,
    level: 'error',
    logger: 'c.s.payments.PaymentService',
    message: `Could not capture payment for order ${orderId}: database connection pool exhausted`,
    thrown: { type: 'com.shop.payments.CaptureFailedException', message: 'no database connection', cause },
  });
  const warned = lineOf(journey, 'payments', 'ip-10-0-12-8', {
    agoMs: durationMs * 0.5,
    level: 'warn',
    logger: 'com.zaxxer.hikari.pool.HikariPool',
    message: `HikariPool-1 - Pool stats (total=10, active=10, idle=0, waiting=${waiting})`,
  });
  const gaveUp = lineOf(journey, 'checkout', 'ip-10-0-11-27', {
    agoMs: 20,
    level: 'error',
    logger: 'place-order',
    message: 'payments did not answer in time',
    fields: { orderId, upstream: 'payments', timeoutMs: 3000 },
    thrown: { type: 'TimeoutError', message: 'timeout of 3000ms exceeded calling http://payments:8080/capture' },
  });
  const thrown = {
    type: 'System.Net.Http.HttpRequestException',
    message: 'Response status code does not indicate success: 504 (Gateway Timeout).',
  };
  const failed = lineOf(journey, 'storefront', `storefront-${random.int(0, 2)}`, {
    agoMs: 2,
    level: 'error',
    logger: 'Shop.Storefront.CheckoutClient',
    message: `Checkout of order ${orderId} failed`,
    fields: { orderId },
    thrown,
  });
  return [
    awsEvent(random, '/ecs/payments', 'payments/app/91bd04', warned.time, logback(warned)),
    awsEvent(random, '/ecs/payments', 'payments/app/91bd04', starved.time, logback(starved)),
    awsEvent(random, '/ecs/checkout', 'checkout/app/3f2a9c', gaveUp.time, pino(gaveUp)),
    appException(random, failed, dotnetStackTrace(thrown)),
  ];
}

function edge(journey: Journey, status: number, durationMs: number): EmitRequest[] {
  const { random, endMs } = journey;
  const exchange = exchangeOf(journey, 'POST', '/api/checkout', status, durationMs);
  const request = lineOf(journey, 'storefront', 'storefront-0', {
    agoMs: 0,
    logger: '',
    message: 'POST /basket/submit',
  });
  return [
    awsEvent(random, '/ecs/gateway', 'gateway/nginx/77aa10', endMs, combined(exchange)),
    awsEvent(random, '/aws/alb/shop', 'app/shop/50dc6c495c0c9188', endMs, albEntry(exchange)),
    appRequest(random, request, status < 500 ? 302 : 500, durationMs),
  ];
}
