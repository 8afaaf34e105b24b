import type { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { answer } from './error-answers.ts';
import { comesFromInside } from './limits/client-address.ts';
import { Problem, problemSchema } from './problem.ts';
import type { HttpServer } from './server.ts';

export interface OperationsOptions {
  /** Why the process is not ready, one reason a role or part; empty when it is. */
  readonly notReady: () => readonly string[];
  readonly metrics: Metrics;
  /** Who may see metrics, and why the process is not ready: only callers from inside, or anybody. */
  readonly metricsAccess: MetricsAccess;
}

export type MetricsAccess = 'inside' | 'anybody';

/**
 * Health, readiness and metrics: what an orchestrator and Prometheus ask, without a token. Health and readiness answer
 * anybody; what they say of the inside (metrics, reasons) only who asks from there, through no proxy.
 */
export async function operationsRoutes(http: HttpServer, options: OperationsOptions): Promise<void> {
  const mayLookInside = ({ raw }: FastifyRequest) => options.metricsAccess === 'anybody' || comesFromInside(raw);

  http.get(
    '/healthz',
    {
      config: { rateLimit: false },
      schema: {
        tags: ['operations'],
        summary: 'The process is alive. Does not cover what it depends on, which a restart would not repair.',
        response: { 200: z.object({ status: z.literal('ok') }) },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  http.get(
    '/readyz',
    {
      config: { rateLimit: false },
      schema: {
        tags: ['operations'],
        summary: 'Whether every role of this process is working now; if not, why.',
        response: { 200: z.object({ status: z.literal('ready') }), 503: problemSchema },
      },
    },
    async (request, reply) => {
      const reasons = options.notReady();
      if (reasons.length === 0) return reply.send({ status: 'ready' as const });
      if (!mayLookInside(request)) {
        return answer(new Problem(503, { detail: 'Not ready.', retryAfterSeconds: 1 }), request, reply);
      }
      const errors = reasons.map((message) => ({ field: message.split(':')[0] ?? 'process', message }));
      return answer(new Problem(503, { detail: reasons.join('; '), errors, retryAfterSeconds: 1 }), request, reply);
    },
  );

  http.get(
    '/metrics',
    {
      config: { rateLimit: false },
      schema: {
        tags: ['operations'],
        summary:
          'Metrics in the Prometheus text format. For callers on this machine or a private network, through no proxy (METRICS_ACCESS).',
      },
    },
    async (request, reply) => {
      if (!mayLookInside(request)) return answer(new Problem(404), request, reply);
      return reply.type(options.metrics.contentType).send(await options.metrics.expose());
    },
  );
}
