import type { Metrics } from '@tailrace/telemetry/metrics.ts';
import { z } from 'zod';
import { answer } from './error-answers.ts';
import { Problem, problemSchema } from './problem.ts';
import type { HttpServer } from './server.ts';

export interface OperationsOptions {
  /** Why the process is not ready, one reason a role or part; empty when it is. */
  readonly notReady: () => readonly string[];
  readonly metrics: Metrics;
}

/** Health, readiness and metrics: what an orchestrator and Prometheus ask, without a token. */
export async function operationsRoutes(http: HttpServer, options: OperationsOptions): Promise<void> {
  http.get(
    '/healthz',
    {
      config: { rateLimit: false },
      schema: {
        tags: ['operations'],
        summary: 'The process lives. Says nothing of what it depends on: restarting it would not mend that.',
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
        summary: 'Every role of this process does its job now; otherwise why not.',
        response: { 200: z.object({ status: z.literal('ready') }), 503: problemSchema },
      },
    },
    async (request, reply) => {
      const reasons = options.notReady();
      if (reasons.length === 0) return reply.send({ status: 'ready' as const });
      const errors = reasons.map((message) => ({ field: message.split(':')[0] ?? 'process', message }));
      return answer(new Problem(503, { detail: reasons.join('; '), errors, retryAfterSeconds: 1 }), request, reply);
    },
  );

  http.get(
    '/metrics',
    {
      config: { rateLimit: false },
      schema: { tags: ['operations'], summary: 'Metrics in the Prometheus text format.' },
    },
    async (_request, reply) => reply.type(options.metrics.contentType).send(await options.metrics.expose()),
  );
}
