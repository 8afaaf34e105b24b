import { z } from 'zod';
import { allClouds, type Cloud } from '../store/cloud-event.ts';

/**
 * What can be made to go wrong, and in which clouds. The first group is met by any request, the second by answers with events, the third is
 * the cloud's own (`azure`, `gcp`), the last is met by events as they are emitted.
 */
const faultKinds = {
  /** Too many requests, with `Retry-After` when `retryAfterSeconds` is given. */
  throttle: allClouds,
  /** 5xx (or `status`); UNAVAILABLE for Google Cloud. */
  'server-error': allClouds,
  /** The TCP connection is reset instead of an answer. */
  'connection-reset': allClouds,
  /** No answer, ever: the client must give up. */
  hang: allClouds,
  /** The answer comes, `delayMs` later. */
  delay: allClouds,
  /** Half of the answer, then the connection is reset. */
  truncate: ['aws', 'azure'],
  'expired-credentials': allClouds,
  'access-denied': allClouds,

  /** No events although there are some, and a token to go on with. */
  'empty-page': ['aws', 'gcp'],
  /** At most `size` events in the page. */
  'short-page': ['aws', 'gcp'],
  /** One event of the page or of the tail's message stands in it twice. */
  duplicate: allClouds,
  /** The page token just sent is refused as expired. */
  'expired-page-token': ['aws', 'gcp'],

  /** Azure: 200 with `size` rows (default: half of them) and an `error`. */
  'partial-error': ['azure'],
  /** Azure: 204. */
  'no-content': ['azure'],
  /** Google Cloud: the tail ends with OUT_OF_RANGE. */
  'stream-cut': ['gcp'],
  /** Google Cloud: the tail leaves an event out and says so in `suppressionInfo`. */
  suppress: ['gcp'],

  /** The event was taken in `delayMs` after it happened: its source was offline. */
  'late-arrival': allClouds,
  /** The event shows up in the API `delayMs` after it was taken in. */
  late: allClouds,
  /** The event gets the same millisecond as the one before it. */
  'pile-up': allClouds,
} as const satisfies Readonly<Record<string, readonly Cloud[]>>;

export type FaultKind = keyof typeof faultKinds;

const kinds = Object.keys(faultKinds) as [FaultKind, ...FaultKind[]];

/** One fault to be met. Without `count` and `forMs` it stays until it is cleared. */
export const faultSchema = z
  .strictObject({
    cloud: z.enum(['aws', 'azure', 'gcp']).describe('The cloud that meets it'),
    kind: z.enum(kinds),
    operation: z
      .string()
      .optional()
      .describe(
        'Only this operation: FilterLogEvents, DescribeLogGroups, DescribeLogStreams; openid, token, query; ListLogEntries, TailLogEntries. Every operation where left out',
      ),
    count: z.int().positive().optional().describe('How often it is met'),
    skip: z.int().nonnegative().optional().describe('How many chances pass before the first'),
    forMs: z.number().positive().optional().describe("How long it stays, by the simulator's clock"),
    probability: z.number().min(0).max(1).optional().describe('How likely it is at each chance; 1 where left out'),
    retryAfterSeconds: z.int().nonnegative().optional().describe('For throttle and server-error'),
    status: z.int().min(500).max(599).optional().describe('HTTP status of server-error; 500 where left out'),
    delayMs: z.number().nonnegative().optional().describe('For delay, late and late-arrival'),
    size: z.int().nonnegative().optional().describe('For short-page and partial-error'),
  })
  .refine(({ cloud, kind }) => (faultKinds[kind] as readonly Cloud[]).includes(cloud), {
    path: ['kind'],
    error: 'is a fault that this cloud does not have',
  });

export type Fault = z.infer<typeof faultSchema>;
