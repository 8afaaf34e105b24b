import type { Channel } from '@tailrace/http/contract/generated.ts';
import { useCallback } from 'react';
import { useApp } from '../ui/app-context.ts';
import { useResource } from '../ui/loading/use-resource.ts';

/** The channels of the project; undefined until they are known. */
export function useChannels(): {
  readonly channels: readonly Channel[] | undefined;
  readonly problem: string | undefined;
  readonly reload: () => void;
} {
  const { api, project } = useApp();
  const read = useCallback(
    async (signal: AbortSignal) => {
      const answer = await api.call('GET channels/{id}', { path: { id: project }, signal });
      return 'channels' in answer ? answer.channels : [answer];
    },
    [api, project],
  );
  const { value: channels, problem, reload } = useResource(read);
  return { channels, problem, reload };
}
