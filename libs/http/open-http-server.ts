import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import rateLimit from '@fastify/rate-limit';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';
import fastify, { type FastifyBaseLogger, type FastifyRequest, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { rememberMethods } from './allowed-methods.ts';
import { answer, answerError, answerMalformed } from './error-answers.ts';
import { limitJsonDepth } from './json-body.ts';
import { AnswerBudget, limitUnreadAnswers } from './limits/answer-budget.ts';
import { limitKey } from './limits/client-address.ts';
import { watchConnections } from './limits/connections.ts';
import { RequestAllowance } from './limits/request-allowance.ts';
import { documentRoutes } from './openapi.ts';
import { type OperationsOptions, operationsRoutes } from './operations.ts';
import { Problem } from './problem.ts';
import { securityHeaders } from './security-headers.ts';
import type { HttpServer } from './server.ts';
import { tooMany, Upgrades } from './upgrades.ts';

export interface HttpServerOptions extends OperationsOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
  readonly bodyLimitBytes: number;
  /** Requests a minute from one address. */
  readonly rateLimit: number;
  /** How many proxies of ours a request passes, each of which adds to X-Forwarded-For. */
  readonly trustProxy: number;
  /** Open connections of one address. */
  readonly connectionsPerAddress: number;
  /** Bytes of large answers that may wait for their readers. */
  readonly unreadAnswerBytes: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Where a role takes WebSockets. */
    readonly upgrades: Upgrades;
  }
}

/** What the two instances of a server share. */
interface Shared {
  readonly listener: Server;
  readonly allowance: RequestAllowance;
  readonly budget: AnswerBudget;
}

export interface ListeningServer {
  /** Register routes here until `serve`. */
  readonly http: HttpServer;
  readonly port: number;
  /** From now on requests reach the registered routes; until then everything but health, readiness and metrics answers 503. */
  serve(): Promise<void>;
  /** Takes no more connections and requests, and waits until the running ones are answered, at most `timeoutMs`. Idempotent. */
  drain(timeoutMs: number): Promise<void>;
  /** Cuts what is left: unanswered requests, upgraded sockets. Idempotent. */
  close(): Promise<void>;
}

/**
 * Listens at once, so that an orchestrator can ask for health while Kafka is still unreachable, and lets roles add routes
 * meanwhile: Fastify takes none once it listens, so a first instance answers until `serve` puts the second in its place.
 */
export async function openHttpServer(options: HttpServerOptions): Promise<ListeningServer> {
  const listener = createServer({ requestTimeout: 30_000, headersTimeout: 15_000, keepAliveTimeout: 15_000 });
  const closed = new Promise<void>((resolve) => void listener.once('close', resolve));
  const cut = options.metrics.counter({
    name: 'tailrace_http_connections_cut_total',
    help: 'Connections cut: beyond the limit of one address, or with an answer that nobody read.',
    labels: ['reason'],
  });
  const trustedHops = options.trustProxy;
  const connections = watchConnections(listener, {
    perAddress: options.connectionsPerAddress,
    trustedHops,
    onCut: (reason) => cut.inc({ reason }),
  });
  const allowance = new RequestAllowance(options.rateLimit);
  const shared = { listener, allowance, budget: new AnswerBudget(options.unreadAnswerBytes) };
  const starting = await createStartingInstance(options, shared);
  const http = await createServingInstance(options, shared);
  const upgrades = new Upgrades({ server: listener, connections, allowance, trustedHops, logger: options.logger });
  http.decorate('upgrades', upgrades);
  let current = starting;
  listener.on('request', (request, response) => current.routing(request, response));
  const port = await listen(listener, options);
  let draining: Promise<void> | undefined;
  const drain = (timeoutMs: number): Promise<void> => {
    draining ??= (async () => {
      listener.close();
      await Promise.all([starting.close(), http.close()]);
      await connections.answered(timeoutMs);
    })();
    return draining;
  };
  return {
    http,
    port,
    async serve() {
      await http.ready();
      current = http;
    },
    drain,
    async close() {
      await drain(0);
      connections.cut();
      await closed;
    },
  };
}

/** Answers health, readiness and metrics, and 503 for the rest. */
async function createStartingInstance(options: HttpServerOptions, shared: Shared): Promise<HttpServer> {
  const http = await createInstance(options, shared);
  http.setNotFoundHandler((request, reply) =>
    answer(
      new Problem(503, { detail: 'This process is starting; see /readyz.', retryAfterSeconds: 1 }),
      request,
      reply,
    ),
  );
  await http.register(operationsRoutes, options);
  await http.ready();
  return http;
}

/** Takes the roles' routes. */
async function createServingInstance(options: HttpServerOptions, shared: Shared): Promise<HttpServer> {
  const http = await createInstance(options, shared);
  const methodsOf = rememberMethods(http);
  http.setNotFoundHandler((request, reply) => {
    const methods = methodsOf(request.url.split('?')[0] ?? '');
    if (methods.length === 0) return answer(new Problem(404), request, reply);
    const allow = methods.join(', ');
    return answer(new Problem(405, { detail: `Use ${allow}.`, headers: { allow } }), request, reply);
  });
  await documentRoutes(http);
  await http.register(operationsRoutes, options);
  return http;
}

/** What all routes have in common: limits, headers, error answers, metrics. */
async function createInstance(options: HttpServerOptions, shared: Shared): Promise<HttpServer> {
  const logger: FastifyBaseLogger = options.logger;
  const http: HttpServer = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: options.bodyLimitBytes,
    trustProxy: (_address, hop) => hop < options.trustProxy,
    genReqId: () => crypto.randomUUID(),
    routerOptions: { maxParamLength: 200 },
    serverFactory: () => shared.listener,
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    clientErrorHandler: (_error, socket) => answerMalformed(socket),
  }).withTypeProvider<ZodTypeProvider>();
  http.setValidatorCompiler(validatorCompiler);
  http.setSerializerCompiler(serializerCompiler);
  http.setErrorHandler(answerError);
  limitJsonDepth(http);
  observe(http, options);
  http.decorateRequest('requestedProject', null);
  const headers = Object.entries(securityHeaders());
  http.addHook('onRequest', async (_request, reply) => {
    // Beneath the reply's own headers, so that whatever answers may replace one, as the page does.
    for (const [name, value] of headers) if (value !== undefined) reply.raw.setHeader(name, value);
  });
  // Before anything else of a request, its token above all: who guesses tokens is counted like anybody.
  http.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.rateLimit === false) return;
    const waitMs = shared.allowance.take(limitKey(request.ip));
    if (waitMs !== undefined) throw tooMany(waitMs);
  });
  limitUnreadAnswers(http, shared.budget);
  // Limits of single routes, which name them: after the token is known, so by it.
  await http.register(rateLimit, {
    global: false,
    keyGenerator: (request) => request.principal?.subject ?? limitKey(request.ip),
    errorResponseBuilder: (_request, context) =>
      new Problem(429, {
        detail: `At most ${context.max} such requests a minute.`,
        retryAfterSeconds: Math.ceil(context.ttl / 1000),
      }),
  });
  return http;
}

/** Times every request by its route's pattern. Addresses are not logged with their query, which may hold a ticket. */
function observe(http: HttpServer, { metrics }: HttpServerOptions): void {
  const seconds = metrics.histogram({
    name: 'tailrace_http_request_seconds',
    help: 'Time to answer an HTTP request.',
    labels: ['method', 'route', 'status'],
  });
  http.addHook('onResponse', async (request, reply) => {
    const route = routeOf(request);
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    seconds.observe(labels, reply.elapsedTime / 1000);
    request.log.debug({ ...labels, ms: Math.round(reply.elapsedTime) }, 'answered a request');
  });
}

function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'unknown';
}

async function listen(server: Server, { port, host }: HttpServerOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
