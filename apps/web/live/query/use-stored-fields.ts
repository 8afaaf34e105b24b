import { fieldNamed } from '@tailrace/log-query/query/field-text.ts';
import { useCallback, useMemo, useState } from 'react';
import { useApp } from '../../ui/app-context.ts';
import { useResource } from '../../ui/loading/use-resource.ts';
import { rangeParameters } from '../range-parameters.ts';
import { fieldBeingWritten, type StoredFields } from './completion.ts';
import { fieldText } from './query-parts.ts';
import type { TimeView } from './view.ts';

/** Lines that names are looked for in: names of few lines only are seen by their values. */
const sample = 2000;
const mostNames = 500;
const mostValues = 500;
/** A pause in writing before the server is asked, milliseconds. */
const pauseMs = 150;
/** Fields whose values do not come from lines. */
const known: ReadonlySet<string> = new Set(['level', 'connection', 'provider', 'body', 'trace', 'span']);

/**
 * Names and values for what is being written, from the stored lines of the view's part of time. Asked for while the list
 * of completions is open.
 * @param written the part that is being written
 */
export function useStoredFields(written: string, time: TimeView, isOpen: boolean): StoredFields {
  const { api, project } = useApp();
  const [wasOpen, setWasOpen] = useState(false);
  if (isOpen && !wasOpen) setWasOpen(true);
  const timeKey = JSON.stringify(time);
  const readNames = useCallback(
    async (signal: AbortSignal) => {
      if (!wasOpen) return [];
      const query = { ...rangeParameters(JSON.parse(timeKey)), sample, limit: mostNames, values: 0 };
      const path = { project_id: project };
      const { fields } = await api.call('GET stream/{project_id}/fields', { path, query, signal });
      return fields.flatMap(({ name }) => {
        const field = fieldNamed(name);
        return field.kind === 'attribute' ? [field.name] : [];
      });
    },
    [api, project, timeKey, wasOpen],
  );
  const { field, start } = fieldBeingWritten(written);
  const isAsked = isOpen && field !== undefined && !(field.kind === 'line' && known.has(field.name));
  const name = isAsked ? fieldText(field) : '';
  // One character cuts little: until there are two, the most frequent values will do.
  const prefix = isAsked && start.length >= 2 ? start : '';
  const readValues = useCallback(
    async (signal: AbortSignal) => {
      if (name === '') return { name, values: [] };
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      signal.throwIfAborted();
      const query = { ...rangeParameters(JSON.parse(timeKey)), field: name, prefix, limit: mostValues };
      const path = { project_id: project };
      const { values } = await api.call('GET stream/{project_id}/fields/values', { path, query, signal });
      return { name, values: values.map(({ value }) => value) };
    },
    [api, project, timeKey, name, prefix],
  );
  const names = useResource(readNames).value;
  const values = useResource(readValues).value;
  return useMemo(() => {
    const named = values === undefined || values.name === '' ? undefined : fieldNamed(values.name);
    // The values of a service are kept by the name that stands for it.
    return { names: names ?? [], values: new Map(named === undefined ? [] : [[keyOf(named), values?.values ?? []]]) };
  }, [names, values]);
}

function keyOf({ kind, name }: ReturnType<typeof fieldNamed>): string {
  return kind === 'line' && name === 'service' ? 'service.name' : name;
}
