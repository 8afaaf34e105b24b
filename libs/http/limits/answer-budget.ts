import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problem.ts';
import type { HttpServer } from '../server.ts';
import { limitKey } from './client-address.ts';

/** Smaller answers are not counted: the number of connections bounds them. */
const countedBytes = 64 * 1024;
/** What one project, and one caller (a token, or an address without one), may hold of the whole. */
const shares = { project: 2, caller: 4 } as const;

/**
 * Bounds the bytes of answers that wait for their readers at once: in all, for each project, and for each caller. An answer
 * beyond it is refused with 429 and dropped. One that is larger than a share is sent while its owner holds nothing else.
 */
export class AnswerBudget {
  readonly #total: number;
  readonly #held = new Map<string, number>();

  constructor(totalBytes: number) {
    this.#total = totalBytes;
  }

  /** @returns what gives the bytes back; undefined when there is no room. */
  take(bytes: number, owners: { readonly project: string | undefined; readonly caller: string }) {
    const accounts = [
      { key: 'all', limit: this.#total },
      { key: `caller ${owners.caller}`, limit: this.#total / shares.caller },
      ...(owners.project === undefined
        ? []
        : [{ key: `project ${owners.project}`, limit: this.#total / shares.project }]),
    ];
    const heldBy = (key: string) => this.#held.get(key) ?? 0;
    if (accounts.some(({ key, limit }) => heldBy(key) > 0 && heldBy(key) + bytes > limit)) return undefined;
    for (const { key } of accounts) this.#held.set(key, heldBy(key) + bytes);
    return () => {
      for (const { key } of accounts) {
        const left = heldBy(key) - bytes;
        if (left > 0) this.#held.set(key, left);
        else this.#held.delete(key);
      }
    };
  }
}

/** Holds every text answer to a budget until it has been read, or its connection is gone. */
export function limitUnreadAnswers(http: HttpServer, budget: AnswerBudget): void {
  http.addHook('onSend', async (request, reply, payload) => {
    // Buffers are files kept in memory, shared by all who ask; streams make their parts as they are read.
    if (typeof payload !== 'string' || payload.length < countedBytes) return payload;
    const release = budget.take(Buffer.byteLength(payload), ownersOf(request));
    if (release === undefined) {
      throw new Problem(429, {
        detail: 'Too many large answers are waiting to be read. Read them, or ask for less at a time.',
        retryAfterSeconds: 5,
      });
    }
    releaseWhenSent(reply, release);
    return payload;
  });
}

function ownersOf(request: FastifyRequest) {
  const { principal, requestedProject } = request;
  return {
    project: requestedProject ?? undefined,
    caller: principal ? `token of ${principal.subject}` : limitKey(request.ip),
  };
}

function releaseWhenSent({ raw }: FastifyReply, release: () => void): void {
  if (raw.destroyed) release();
  else raw.once('close', release);
}
