import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../limits/fair-queue.ts';
import { Problem } from '../problem.ts';
import { principalOf } from './authentication.ts';

/** A request as those see it who do something long for it. */
export interface Asker {
  readonly caller: Caller;
  /** Aborted when the caller goes away before it has its answer. */
  readonly gone: AbortSignal;
}

/** Who asks, on behalf of which project. Only on routes behind `requireToken`. */
export function askerOf(request: FastifyRequest, reply: FastifyReply, project: string): Asker {
  return { caller: { project, subject: principalOf(request).subject }, gone: goneSignal(reply) };
}

function goneSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const leave = () => {
    if (!raw.writableFinished) controller.abort(new Problem(408, { detail: 'The caller went away.' }));
  };
  if (raw.destroyed) leave();
  else raw.once('close', leave);
  return controller.signal;
}
