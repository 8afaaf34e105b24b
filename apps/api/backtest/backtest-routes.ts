import { Readable } from 'node:stream';
import { alertRuleInput } from '@tailrace/alert-rules/alert-rule-input.ts';
import { requireBodyProject } from '@tailrace/http/access/authentication.ts';
import { askerOf } from '@tailrace/http/access/caller.ts';
import { projectIdSchema } from '@tailrace/http/access/tokens.ts';
import { Problem, problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { z } from 'zod';
import { instant, rangeOf } from '../stream/time-range.ts';
import type { BacktestProgress } from './backtest.ts';
import type { BacktestService } from './backtest-service.ts';
import { backtestView, toBacktestView } from './backtest-view.ts';

const body = z.strictObject({
  project_id: projectIdSchema,
  rule: alertRuleInput.describe(
    'As it would be created. Whether it is enabled does not matter; its channels get nothing.',
  ),
  compare_with: z
    .union([z.string().min(1).max(200), alertRuleInput])
    .optional()
    .describe('Another rule, or the id of a stored one: the answer says what differs.'),
  from: instant
    .default('-1d')
    .describe('Beginning, included, in event time: a time, or a span before now such as -7d.'),
  to: instant.default('now').describe('End, excluded.'),
});

/** Streams are not validated; this says that the route may answer with one. */
const ndjson = z.custom<Readable>().meta({ type: 'string' });

interface BacktestRouteDeps {
  readonly service: BacktestService;
  readonly maxRangeDays: number;
  readonly logger: Logger;
}

/** What alerts a rule would have fired. */
export function backtestRoutes(scope: HttpServer, { service, maxRangeDays, logger }: BacktestRouteDeps): void {
  scope.addHook('preClose', async () => service.stop());

  scope.post(
    '/alert-rules/backtest',
    {
      schema: {
        tags: ['alert rules'],
        summary:
          'Which alerts a rule would have fired on the retained log. Sends nothing. With Accept: application/x-ndjson, lines of progress come while it runs, the result last.',
        body,
        response: {
          200: {
            description:
              'The result; as NDJSON: {type: progress, read, total, matched, alerts}, and last {type: result, …} or {type: problem, …}.',
            content: {
              'application/json': { schema: backtestView },
              'application/x-ndjson': { schema: ndjson },
            },
          },
          422: problemSchema,
          429: problemSchema,
          504: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const { project_id: projectId, rule, compare_with: compareWith, from, to } = request.body;
      requireBodyProject(request, projectId);
      const range = rangeOf({ from, to }, Date.now(), maxRangeDays, 'body');
      const asker = askerOf(request, reply, projectId);
      const admitted = await service.admit({ projectId, rule, compareWith, range }, asker);
      if (!/\bapplication\/x-ndjson\b/.test(request.headers.accept ?? '')) {
        return toBacktestView(projectId, range, await admitted.run());
      }
      const last = async (progress: (line: BacktestProgress) => void): Promise<object> => {
        try {
          const result = await admitted.run(progress);
          return { type: 'result', ...toBacktestView(projectId, range, result) };
        } catch (err) {
          if (asker.gone.aborted) return {};
          if (!(err instanceof Problem)) logger.error({ err }, 'a backtest failed');
          const problem = err instanceof Problem ? err : new Problem(503, { cause: err });
          return { ...problem.document(request.id), type: 'problem' };
        }
      };
      reply.type('application/x-ndjson');
      return Readable.from(lines(last), { objectMode: false });
    },
  );
}

/** Begins at once. Progress as it comes (the newest, where the reader is slow), and at the end the result. */
function lines(run: (progress: (line: BacktestProgress) => void) => Promise<object>): AsyncIterable<string> {
  let newest: BacktestProgress | undefined;
  let last: object | undefined;
  let wake = Promise.withResolvers<void>();
  const running = run((progress) => {
    newest = progress;
    wake.resolve();
  }).then((result) => {
    last = result;
    wake.resolve();
  });
  async function* read(): AsyncGenerator<string> {
    while (last === undefined) {
      await wake.promise;
      wake = Promise.withResolvers();
      if (newest !== undefined) yield `${JSON.stringify({ type: 'progress', ...newest })}\n`;
      newest = undefined;
    }
    await running;
    yield `${JSON.stringify(last)}\n`;
  }
  return read();
}
