import { requireProject } from '@tailrace/http/access/authentication.ts';
import { askerOf } from '@tailrace/http/access/caller.ts';
import { invalidField } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { durationMs } from '@tailrace/log-query/instant.ts';
import { type AggregateFunction, needsField, readFunction } from '@tailrace/log-query/numbers/functions.ts';
import { fieldNamed, type GroupField, maxFieldName } from '@tailrace/log-query/query/field-text.ts';
import { z } from 'zod';
import { aggregateView, toAggregateView } from './aggregate-view.ts';
import { bucketWidth } from './histogram-view.ts';
import { searchFailures } from './search-failures.ts';
import { filterOf, filterQuery } from './stream-query.ts';
import type { StreamRouteDeps } from './stream-routes.ts';
import { rangeOf, rangeQuery, type TimeRange } from './time-range.ts';

const maxFunctions = 8;
const maxBy = 3;
const maxBuckets = 1000;
/** Numbers of one answer: groups times parts of time times functions. */
const maxNumbers = 100_000;

const fieldName = z.string().min(1).max(maxFieldName);
const aggregateQuery = z.strictObject({
  ...rangeQuery,
  ...filterQuery,
  functions: z
    .string()
    .max(200)
    .default('count')
    .describe(
      `At most ${maxFunctions}, separated by commas: count, rate (lines a second), and of field: sum, avg, min, max, percentiles such as p50, p99.9. The first one orders the groups.`,
    ),
  field: fieldName
    .optional()
    .describe('The attribute or resource attribute whose numbers, durations or sizes are meant, read as in a query.'),
  unit: z
    .enum(['number', 'duration', 'size'])
    .optional()
    .describe('What its values are read as. Default: what the field’s name ends in, or else what most values are.'),
  by: z
    .union([fieldName, z.array(fieldName).max(maxBy)], {
      error: `must be the name of a field, given ${maxBy} times at most`,
    })
    .optional()
    .describe(
      `Groups by a field: level, connection, provider, stream, service, trace, span, parser, or an attribute. May be given ${maxBy} times.`,
    ),
  top: z.coerce.number<string>().int().min(1).max(100).default(10).describe('Groups at most, 1 to 100.'),
  step: z.string().max(20).optional().describe('Cuts the range into parts of this width: 30s, 5m, 1h, 1d.'),
  buckets: z.coerce
    .number<string>()
    .int()
    .min(1)
    .max(maxBuckets)
    .optional()
    .describe(`In place of step: about how many parts, 1 to ${maxBuckets}. Without both there are none.`),
});
type AggregateQuery = z.output<typeof aggregateQuery>;

/** Numbers made of stored lines. */
export function aggregateRoutes(scope: HttpServer, { database, searchTimeoutMs, maxRangeDays }: StreamRouteDeps): void {
  scope.get(
    '/stream/:project_id/aggregate',
    {
      schema: {
        tags: ['stream'],
        summary: 'Numbers made of matching lines: counts, rates, sums, percentiles, by fields and over time.',
        params: z.object({ project_id: z.string().max(200) }),
        querystring: aggregateQuery,
        response: { 200: aggregateView, ...searchFailures },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const { project_id: projectId } = request.params;
      requireProject(request, projectId);
      const range = rangeOf(query, Date.now(), maxRangeDays);
      const functions = functionsOf(query);
      const by = [query.by ?? []].flat();
      const fields = by.map(groupField);
      const width = widthOf(query, range);
      const parts = width === undefined ? 1 : Math.ceil((range.to - range.from) / width) + 1;
      const groups = by.length === 0 ? 1 : query.top;
      if (groups * parts * functions.length > maxNumbers) {
        const most = Math.max(1, Math.floor(maxNumbers / (parts * functions.length)));
        throw invalidField('querystring.top', `must be at most ${most} with so many parts of time and functions`);
      }
      const found = await database.run(askerOf(request, reply, projectId), 'aggregate', {
        projectId,
        filter: filterOf(query),
        ...range,
        functions,
        field: numericField(query, functions),
        unit: query.unit,
        width,
        by: fields,
        top: query.top,
        timeoutMs: searchTimeoutMs,
      });
      return toAggregateView({ range, by, functions, width }, found);
    },
  );
}

function functionsOf({ functions }: AggregateQuery): readonly AggregateFunction[] {
  const names = [...new Set(functions.split(',').map((each) => each.trim()))];
  if (names.length > maxFunctions) throw invalidField('querystring.functions', `must be at most ${maxFunctions}`);
  return names.map((name) => {
    const known = readFunction(name);
    if (known !== undefined) return known;
    const written = name === '' ? 'nothing' : name;
    throw invalidField(
      'querystring.functions',
      `${written} is no function: there are count, rate, sum, avg, min, max, and percentiles such as p95`,
    );
  });
}

/** @returns the name of the attribute; undefined where lines alone are counted */
function numericField({ field, unit }: AggregateQuery, functions: readonly AggregateFunction[]): string | undefined {
  const needing = functions.find(needsField);
  if (field === undefined) {
    if (needing !== undefined) {
      throw invalidField('querystring.field', `is needed for ${needing}: the field whose numbers are meant`);
    }
    if (unit !== undefined) throw invalidField('querystring.unit', 'is of the numbers of a field: give field too');
    return undefined;
  }
  const named = fieldNamed(field);
  if (named.kind === 'attribute') return named.name;
  throw invalidField(
    'querystring.field',
    `${named.name} is no number: name an attribute; one that is called so goes in quotes`,
  );
}

function groupField(name: string): GroupField {
  const field = fieldNamed(name);
  if (field.kind === 'attribute') return field;
  const line = field.name;
  if (line === 'body' || line === 'flags') {
    const remedy = line === 'body' ? 'group by what the line says in an attribute' : 'a line may have several';
    throw invalidField('querystring.by', `${line} does not group lines: ${remedy}`);
  }
  return { kind: 'line', name: line };
}

/** Microseconds of a part of time; undefined: the range is one. */
function widthOf({ step, buckets }: AggregateQuery, range: TimeRange): number | undefined {
  if (step === undefined) return buckets === undefined ? undefined : bucketWidth(range, buckets);
  if (buckets !== undefined) throw invalidField('querystring.step', 'must not be given beside buckets');
  const width = durationMs(step);
  if (!width) throw invalidField('querystring.step', 'must be a span such as 30s, 5m, 1h or 1d');
  const least = Math.ceil((range.to - range.from) / maxBuckets / 1_000_000);
  if (width < least * 1000) {
    throw invalidField(
      'querystring.step',
      `must be at least ${least}s in this range: there are at most ${maxBuckets} parts`,
    );
  }
  return width * 1000;
}
