import { nameConnections } from '@tailrace/log-query/query/name-connections.ts';
import { queryProblemText } from '@tailrace/log-query/query/query-problem.ts';
import { readQuery } from '@tailrace/log-query/query/read-query.ts';
import { testsOf } from '@tailrace/log-query/query/tree.ts';
import { CliError, exitCodes } from '../cli-error.ts';
import type { ProjectNames } from './project-names.ts';

/**
 * A query as the server takes it: the names of connections become their ids.
 * @throws CliError that says where the query is wrong, or which connection there is not
 */
export async function writtenQuery(text: string, names: ProjectNames): Promise<string> {
  const reading = readQuery(text);
  if ('problem' in reading) throw new CliError(`query, ${queryProblemText(reading.problem)}`, exitCodes.usage);
  const ids = new Map<string, string>();
  for (const { field, test } of testsOf(reading.tree)) {
    if (field.kind !== 'line' || field.name !== 'connection' || test.kind !== 'equals') continue;
    ids.set(test.text, await names.idOf('connection', test.text));
  }
  const named = nameConnections(text, reading.tree, (name) => ids.get(name));
  return 'text' in named ? named.text : text;
}
