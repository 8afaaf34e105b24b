import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { alertView } from '@tailrace/alert-rules/alert-view.ts';
import { z } from 'zod';
import { refusal } from '../api-client.ts';
import { CliError, exitCodes } from '../cli-error.ts';

const progress = z.looseObject({ read: z.number(), total: z.number(), alerts: z.number() });
const outcome = z.looseObject({
  alerts: z.array(alertView),
  alerts_total: z.number(),
  alerts_cut: z.boolean(),
  matched: z.number(),
  suppressed: z.number(),
  late_lines: z.number(),
  timeline: z.looseObject({
    bucket_seconds: z.number(),
    buckets: z.array(z.looseObject({ start: z.string(), matched: z.number(), alerts: z.number() })),
  }),
});
const result = outcome.extend({
  from: z.string(),
  to: z.string(),
  read: z.looseObject({ records: z.number(), seconds: z.number(), records_per_second: z.number() }),
  log: z.looseObject({ whole: z.boolean(), kept_since: z.string().nullable() }),
  compared_with: outcome
    .extend({
      both: z.array(z.looseObject({ first: z.string(), second: z.string() })),
      both_total: z.number(),
      only_first: z.array(z.string()),
      only_first_total: z.number(),
      only_second: z.array(z.string()),
      only_second_total: z.number(),
    })
    .nullable(),
});

type BacktestProgress = z.output<typeof progress>;

/** What a backtest found, as far as the command line looks at it. */
export type BacktestResult = z.output<typeof result>;

/**
 * Reads the lines of a backtest that runs.
 * @throws CliError for a problem, and where the connection ended before the result came.
 */
export async function readBacktest(
  response: Response,
  onProgress: (at: BacktestProgress) => void,
): Promise<BacktestResult> {
  if (!response.body) throw new CliError('the server sent nothing', exitCodes.failed);
  const lines = createInterface({ input: Readable.fromWeb(response.body), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const text of lines) {
    const line = z.looseObject({ type: z.string() }).parse(JSON.parse(text));
    if (line.type === 'progress') onProgress(progress.parse(line));
    if (line.type === 'problem') throw refusal(z.looseObject({ status: z.number() }).parse(line).status, line);
    if (line.type === 'result') {
      const { type: _, ...found } = line;
      return result.parse(found);
    }
  }
  throw new CliError('the connection ended before the result came', exitCodes.failed);
}
