import { remedyOf } from '@tailrace/errors/tailrace-error.ts';
import { Problem } from '@tailrace/http/problem.ts';

/** Waits for something that is read from Kafka. @throws Problem 503 while Kafka is unreachable. */
export async function reachable<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Problem || remedyOf(error) === 'give-up') throw error;
    throw new Problem(503, { detail: 'Kafka is unreachable.', retryAfterSeconds: 2, cause: error });
  }
}
