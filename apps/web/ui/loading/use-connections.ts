import type { Connection } from '@tailrace/http/contract/generated.ts';
import { useCallback, useMemo } from 'react';
import { useApp } from '../app-context.ts';
import { useResource } from './use-resource.ts';

/** The connections of the project, and their names. */
export interface Connections {
  /** Undefined until they are known. */
  readonly all: readonly Connection[] | undefined;
  /** Names by id. */
  readonly names: ReadonlyMap<string, string>;
  /** The clouds that they read. */
  readonly providers: readonly string[];
  /** The id of a name or an id. */
  readonly idOf: (name: string) => string | undefined;
  readonly problem: string | undefined;
  readonly reload: () => void;
}

/** A connection's name; one that is no longer there is known by the end of its id. */
export function connectionName(names: ReadonlyMap<string, string>, id: string): string {
  return names.get(id) ?? (id.startsWith('conn_') ? `deleted connection …${id.slice(-6)}` : id);
}

export function useConnections(everyMs?: number): Connections {
  const { api, project } = useApp();
  const read = useCallback(
    async (signal: AbortSignal) => {
      const answer = await api.call('GET connections/{id}', { path: { id: project }, signal });
      return 'connections' in answer ? answer.connections : [];
    },
    [api, project],
  );
  const { value: all, problem, reload } = useResource(read, everyMs);
  // The list is read again and again; as long as it names the same, so does this.
  const key = JSON.stringify(all?.map((each) => [each.id, each.connection_name]) ?? []);
  const names = useMemo(() => new Map<string, string>(JSON.parse(key)), [key]);
  const providerKey = [...new Set(all?.map((each) => each.cloud_provider))].sort().join(' ');
  const providers = useMemo(() => providerKey.split(' ').filter((each) => each !== ''), [providerKey]);
  const idOf = useCallback(
    (name: string) => [...names].find(([id, each]) => id === name || each === name)?.[0],
    [names],
  );
  return { all, names, providers, idOf, problem, reload };
}
