import type { AnswerOf } from '@tailrace/http/client/api-calls.ts';
import type { Connection } from '@tailrace/http/contract/generated.ts';
import { useCallback } from 'react';
import { useApp } from '../ui/app-context.ts';
import { useResource } from '../ui/loading/use-resource.ts';
import { labelOf } from '../ui/text/labels.ts';

/** The kinds of sources that this installation has. */
export interface Connectors {
  /** Undefined until they are known. */
  readonly all: AnswerOf<'GET connectors'>['connectors'] | undefined;
  readonly problem: string | undefined;
}

export function useConnectors(): Connectors {
  const { api } = useApp();
  const read = useCallback(
    async (signal: AbortSignal) => (await api.call('GET connectors', { signal })).connectors,
    [api],
  );
  const { value: all, problem } = useResource(read);
  return { all, problem };
}

/** A provider as people know it. */
export function providerTitle({ all }: Connectors, provider: Connection['cloud_provider']): string {
  return all?.find((each) => each.cloud_provider === provider)?.title ?? labelOf(provider);
}

/** What a connection reads, in a few words. */
export function sourceOf({ all }: Connectors, { cloud_provider, connection_config }: Connection): string {
  const fields = all?.find((each) => each.cloud_provider === cloud_provider)?.source_fields ?? [];
  return fields
    .flatMap((field) => {
      const value = connection_config[field];
      return typeof value === 'string' ? [value] : [];
    })
    .join(' · ');
}
