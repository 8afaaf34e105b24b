import { useCallback, useRef } from 'react';
import { useApp } from '../../ui/app-context.ts';
import { type Resource, useResource } from '../../ui/loading/use-resource.ts';
import type { TimeView } from '../query/view.ts';
import { rangeParameters } from '../range-parameters.ts';
import type { FieldSample } from './facets.ts';

/** What fields have changes slowly, and a sample reads thousands of lines. */
const everyMs = 30_000;
const sample = 5000;
const values = 8;

/**
 * The fields of the newest lines that match, with their most frequent values. Read only while it is wanted.
 * @param filterKey the filter as JSON; undefined while there is none to ask for
 */
export function useFieldSample(
  filterKey: string | undefined,
  time: TimeView,
  isWanted: boolean,
): Resource<FieldSample | undefined> {
  const { api, project } = useApp();
  const timeKey = JSON.stringify(time);
  const read = useCallback(
    async (signal: AbortSignal): Promise<FieldSample | undefined> => {
      if (!isWanted || filterKey === undefined) return undefined;
      const view: TimeView = JSON.parse(timeKey);
      const query = { filter: filterKey, ...rangeParameters(view), sample, values };
      return api.call('GET stream/{project_id}/fields', { path: { project_id: project }, query, signal });
    },
    [api, project, filterKey, timeKey, isWanted],
  );
  const found = useResource(read, isWanted && time.kind !== 'range' ? everyMs : undefined);
  // What was pressed stays where it is, with the focus on it, until there is something newer.
  const last = useRef<FieldSample>(undefined);
  if (!isWanted) last.current = undefined;
  else if (found.value !== undefined) last.current = found.value;
  return { ...found, value: last.current };
}
