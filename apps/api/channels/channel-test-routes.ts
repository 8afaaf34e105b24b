import { ChannelError, type ChannelFailure } from '@tailrace/channels/channel-error.ts';
import { type DeliveryOptions, deliver } from '@tailrace/channels/deliver.ts';
import { testMessage } from '@tailrace/channels/sample-message.ts';
import { askerOf } from '@tailrace/http/access/caller.ts';
import type { FairQueue } from '@tailrace/http/limits/fair-queue.ts';
import { Problem, problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { z } from 'zod';
import { changeRequest } from '../resources/change-request.ts';
import { channelIdParam } from './channel-routes.ts';
import type { ChannelService } from './channel-service.ts';

export interface ChannelTestDeps {
  readonly service: ChannelService;
  readonly delivery: DeliveryOptions;
  readonly trials: FairQueue;
  readonly timeoutMs: number;
  readonly publicUrl: string | undefined;
}

/** What the owner of the channel can mend is theirs (4xx); the rest is the other side's. */
const statuses: Readonly<Record<ChannelFailure, number>> = {
  message_refused: 422,
  channel_refused: 422,
  busy: 503,
  unreachable: 502,
};

/** Each test sends a message to somebody. */
const testsAMinute = 30;

/** Sends a trial message by a channel. */
export function channelTestRoutes(
  scope: HttpServer,
  { service, delivery, trials, timeoutMs, publicUrl }: ChannelTestDeps,
): void {
  scope.post(
    '/channels/:id/test',
    {
      config: { role: 'editor', rateLimit: { max: testsAMinute, timeWindow: 60_000 } },
      schema: {
        tags: ['channels'],
        summary: 'Send a test message with the stored configuration, and return the answer.',
        params: channelIdParam,
        response: {
          200: z.object({ status: z.literal('success'), message: z.string() }),
          404: problemSchema,
          422: problemSchema,
          429: problemSchema,
          502: problemSchema,
          503: problemSchema,
          504: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const channel = service.get(changeRequest(request, request.params.id));
      const message = testMessage({
        projectId: channel.project_id,
        channelName: channel.name,
        publicUrl,
        now: Date.now(),
      });
      const { caller, gone } = askerOf(request, reply, channel.project_id);
      const leave = await trials.enter(caller, gone);
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const answer = await deliver(delivery, channel, message, signal);
        return { status: 'success' as const, message: `Test message sent: ${answer}` };
      } catch (error) {
        if (!(error instanceof ChannelError)) throw error;
        if (signal.aborted) throw new Problem(504, { detail: 'The channel did not answer in time.', cause: error });
        throw problemOf(error);
      } finally {
        leave();
      }
    },
  );
}

function problemOf(error: ChannelError): Problem {
  return new Problem(statuses[error.failure], {
    code: error.code,
    detail: error.help === undefined ? error.message : `${error.message} ${error.help}`,
    cause: error,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.ceil(error.retryAfterMs / 1000) }),
  });
}
