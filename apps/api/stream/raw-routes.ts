import { requireProject } from '@tailrace/http/access/authentication.ts';
import { askerOf } from '@tailrace/http/access/caller.ts';
import type { FairQueue } from '@tailrace/http/limits/fair-queue.ts';
import { Problem, problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import type { Kafka, TopicPartitionOffset } from '@tailrace/kafka/kafka.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { rawTopics } from '@tailrace/topics/topics.ts';
import { z } from 'zod';
import { reachable } from '../reachable.ts';
import { RecordReader } from '../record-reader.ts';
import { rawEventView, toRawEventView } from './raw-view.ts';

interface RawRouteDeps {
  readonly kafka: Kafka;
  readonly queue: FairQueue;
  readonly timeoutMs: number;
}

const specs = new Map<string, (typeof rawTopics)[keyof typeof rawTopics]>(
  Object.values(rawTopics).map((spec) => [spec.name, spec]),
);

/** The raw event behind a line, from the topic itself: the database keeps what became of it, not what came. */
export function rawRoutes(scope: HttpServer, { kafka, queue, timeoutMs }: RawRouteDeps): void {
  scope.get(
    '/stream/:project_id/raw/:topic/:partition/:offset',
    {
      schema: {
        tags: ['stream'],
        summary: 'The original cloud event of a line.',
        description: 'A line names its place in raw. Kept as long as the raw topics are, 7 days unless set otherwise.',
        params: z.object({
          project_id: z.string().max(200),
          topic: z.string().max(200).describe('Such as logs.raw.aws.'),
          partition: z.coerce.number<string>().int().min(0).max(10_000),
          offset: z.coerce.number<string>().int().min(0),
        }),
        response: {
          200: rawEventView,
          404: problemSchema,
          410: problemSchema,
          422: problemSchema,
          429: problemSchema,
          503: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const { project_id: projectId, ...place } = request.params;
      requireProject(request, projectId);
      const { caller, gone } = askerOf(request, reply, projectId);
      const event = await queue.run(caller, gone, () =>
        reachable(rawEventAt(kafka, place, AbortSignal.any([gone, AbortSignal.timeout(timeoutMs)]))),
      );
      if (event?.project_id !== projectId) throw new Problem(404);
      return toRawEventView(event);
    },
  );
}

/**
 * @returns undefined where there is none, or nothing that can be read.
 * @throws Problem 410 where retention has removed what was there.
 */
async function rawEventAt(
  kafka: Kafka,
  place: TopicPartitionOffset,
  signal: AbortSignal,
): Promise<RawEvent | undefined> {
  const spec = specs.get(place.topic);
  if (spec === undefined) return undefined;
  const reader = new RecordReader(kafka);
  try {
    const record = await reader.at(place, signal);
    if (record?.value) return decoded(spec, record.value);
  } finally {
    await reader.close();
  }
  const { [place.partition]: earliest = 0 } = await kafka.admin.offsets(place.topic, 'earliest');
  if (place.offset >= earliest) return undefined;
  throw new Problem(410, {
    detail: 'The event as it came is no longer kept: the retention of the raw topic has removed it. The line stays.',
  });
}

/** @returns undefined for a record that no code here can read: it is among the dead letters. */
function decoded(spec: { readonly codec: { decode(value: Buffer): RawEvent } }, value: Buffer): RawEvent | undefined {
  try {
    return spec.codec.decode(value);
  } catch {
    return undefined;
  }
}
