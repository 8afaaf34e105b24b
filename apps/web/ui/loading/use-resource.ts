import { useCallback, useEffect, useRef, useState } from 'react';
import { messageOf } from '../../api/http.ts';
import { RepeatedRead } from './repeated-read.ts';

export interface Resource<Value> {
  readonly value: Value | undefined;
  /** Why it cannot be read now; the value, if any, is of before. */
  readonly problem: string | undefined;
  readonly reload: () => void;
}

/**
 * Something read from the server, again every `everyMs` while the page can be seen.
 * @param read a stable function; another one makes it read again and forget the value
 */
export function useResource<Value>(read: (signal: AbortSignal) => Promise<Value>, everyMs?: number): Resource<Value> {
  const [state, setState] = useState<{ value?: Value; problem?: string; of?: unknown }>({});
  const again = useRef<() => void>(() => undefined);
  useEffect(() => {
    const repeated = new RepeatedRead({
      read,
      everyMs,
      isSeen: () => !document.hidden,
      onValue: (value) => setState({ value, of: read }),
      onProblem: (error) =>
        setState((before) => ({ ...(before.of === read && before), of: read, problem: messageOf(error) })),
    });
    again.current = () => repeated.readNow();
    return () => repeated.stop();
  }, [read, everyMs]);
  const reload = useCallback(() => again.current(), []);
  const current = state.of === read ? state : {};
  return { value: current.value, problem: current.problem, reload };
}
