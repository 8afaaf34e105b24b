import { createContext, useContext } from 'react';
import type { Api } from '../api/http.ts';
import type { Session } from '../api/session.ts';

/** What every page works with: who is signed in, and the project it is about. */
export interface AppContext {
  readonly session: Session;
  readonly api: Api;
  readonly project: string;
  /** Whether the token lets its bearer change things. The server judges; this is for what to offer. */
  readonly mayEdit: boolean;
  readonly signOut: () => void;
}

export const appContext = createContext<AppContext | undefined>(undefined);

export function useApp(): AppContext {
  const app = useContext(appContext);
  if (app === undefined) throw new Error('outside of the signed-in page');
  return app;
}
