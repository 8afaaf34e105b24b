import { requireProject } from '@tailrace/http/access/authentication.ts';
import { askerOf } from '@tailrace/http/access/caller.ts';
import { invalidField } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import type { LogFilter } from '@tailrace/log-query/log-filter.ts';
import { fieldNamed, maxFieldName } from '@tailrace/log-query/query/field-text.ts';
import { quoted } from '@tailrace/log-query/query/name-connections.ts';
import { readQuery } from '@tailrace/log-query/query/read-query.ts';
import type { Field } from '@tailrace/log-query/query/tree.ts';
import { z } from 'zod';
import { fieldsView, fieldValuesView, toFieldsView, toFieldValuesView } from './field-view.ts';
import { searchFailures } from './search-failures.ts';
import { filterOf, filterQuery } from './stream-query.ts';
import type { StreamRouteDeps } from './stream-routes.ts';
import { rangeOf, rangeQuery } from './time-range.ts';

const params = z.object({ project_id: z.string().max(200) });
const sample = z.coerce
  .number<string>()
  .int()
  .min(1)
  .max(20_000)
  .default(5000)
  .describe('Lines that are looked at, the newest that match, 1 to 20000.');
const count = (least: number, most: number, usual: number) =>
  z.coerce.number<string>().int().min(least).max(most).default(usual);

/** Which fields stored lines have, and their values. */
export function fieldRoutes(scope: HttpServer, { database, searchTimeoutMs, maxRangeDays }: StreamRouteDeps): void {
  scope.get(
    '/stream/:project_id/fields',
    {
      schema: {
        tags: ['stream'],
        summary: 'The fields that matching lines have, with their kinds and most frequent values.',
        params,
        querystring: z.strictObject({
          ...rangeQuery,
          ...filterQuery,
          sample,
          limit: count(1, 500, 100).describe('Fields at most, up to 500.'),
          values: count(0, 100, 10).describe('Values of each at most, up to 100.'),
        }),
        response: { 200: fieldsView, ...searchFailures },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const { project_id: projectId } = request.params;
      requireProject(request, projectId);
      const range = rangeOf(query, Date.now(), maxRangeDays);
      const found = await database.run(askerOf(request, reply, projectId), 'fields', {
        projectId,
        filter: filterOf(query),
        ...range,
        maxLines: query.sample,
        maxFields: query.limit,
        maxValues: query.values,
        timeoutMs: searchTimeoutMs,
      });
      return toFieldsView(range, found);
    },
  );

  scope.get(
    '/stream/:project_id/fields/values',
    {
      schema: {
        tags: ['stream'],
        summary: 'The values of one field in matching lines that have it.',
        params,
        querystring: z.strictObject({
          ...rangeQuery,
          ...filterQuery,
          field: z.string().min(1).max(maxFieldName).describe('Its name, as GET …/fields gives it.'),
          prefix: z.string().max(200).default('').describe('What the values begin with, case-sensitively.'),
          sample,
          limit: count(1, 1000, 100).describe('Values at most, up to 1000.'),
        }),
        response: { 200: fieldValuesView, ...searchFailures },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const { project_id: projectId } = request.params;
      requireProject(request, projectId);
      const field = fieldNamed(query.field);
      if (field.kind === 'line' && field.name === 'body') {
        throw invalidField('querystring.field', 'must be a field with values; of body, look at the lines themselves');
      }
      const range = rangeOf(query, Date.now(), maxRangeDays);
      const found = await database.run(askerOf(request, reply, projectId), 'fields', {
        projectId,
        filter: having(filterOf(query), field, query.prefix),
        ...range,
        field,
        prefix: query.prefix,
        maxLines: query.sample,
        maxFields: 1,
        maxValues: query.limit,
        timeoutMs: searchTimeoutMs,
      });
      return toFieldValuesView(range, query.field, found);
    },
  );
}

/** The filter for lines that have the field besides, so that the values of a rare one are found too. */
function having(filter: LogFilter, field: Field, prefix: string): LogFilter {
  if (field.kind === 'line' && (field.name === 'level' || field.name === 'provider')) return filter;
  const written = `${field.kind === 'line' ? field.name : quoted(field.name)}:${beginsWith(prefix)}`;
  const query = filter.query?.trim() ? `(${filter.query}) ${written}` : written;
  // A query may be as large as one can be without it.
  return 'tree' in readQuery(query) ? { ...filter, query } : filter;
}

function beginsWith(prefix: string): string {
  if (!/\s/.test(prefix)) return `${prefix.replaceAll(/[*"\\()]/g, String.raw`\$&`)}*`;
  return `/^${prefix.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)}/`;
}
