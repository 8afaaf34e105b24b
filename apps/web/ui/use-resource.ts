import { useCallback, useEffect, useRef, useState } from 'react';
import { messageOf } from '../api/http.ts';

export interface Resource<Value> {
  readonly value: Value | undefined;
  /** Why it cannot be read now; the value, if any, is of before. */
  readonly problem: string | undefined;
  readonly reload: () => void;
}

/**
 * Something read from the server, again every `everyMs` while the page can be seen.
 * @param read a stable function; another one reads anew and forgets the value
 */
export function useResource<Value>(read: (signal: AbortSignal) => Promise<Value>, everyMs?: number): Resource<Value> {
  const [state, setState] = useState<{ value?: Value; problem?: string; of?: unknown }>({});
  const again = useRef<() => void>(() => undefined);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async (): Promise<void> => {
      clearTimeout(timer);
      try {
        const value = await read(stop.signal);
        if (!stop.signal.aborted) setState({ value, of: read });
      } catch (error) {
        if (stop.signal.aborted) return;
        setState((before) => ({ ...(before.of === read && before), of: read, problem: messageOf(error) }));
      }
      if (everyMs !== undefined && !stop.signal.aborted) timer = setTimeout(next, everyMs);
    };
    const next = (): void => {
      if (document.hidden) timer = setTimeout(next, everyMs);
      else void run();
    };
    again.current = () => void run();
    void run();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [read, everyMs]);
  const reload = useCallback(() => again.current(), []);
  const current = state.of === read ? state : {};
  return { value: current.value, problem: current.problem, reload };
}
