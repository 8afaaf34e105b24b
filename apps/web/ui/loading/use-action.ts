import { useCallback, useState } from 'react';
import { messageOf } from '../../api/http.ts';

export interface Action {
  /** Name of what is being done now. */
  readonly busy: string | undefined;
  readonly problem: string | undefined;
  readonly done: string | undefined;
  /** Does something once at a time, and keeps what came of it: what `work` resolves to is shown as done. */
  readonly run: (name: string, work: () => Promise<string | undefined>) => void;
  readonly clear: () => void;
}

/** Something a person asked for, and how it went. */
export function useAction(): Action {
  const [state, setState] = useState<{ busy?: string; problem?: string; done?: string | undefined }>({});
  const run = useCallback((name: string, work: () => Promise<string | undefined>) => {
    setState({ busy: name });
    work().then(
      (done) => setState({ done }),
      (error: unknown) => setState({ problem: messageOf(error) }),
    );
  }, []);
  const clear = useCallback(() => setState({}), []);
  return { busy: state.busy, problem: state.problem, done: state.done, run, clear };
}
