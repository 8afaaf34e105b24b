import { useEffect, useState, useSyncExternalStore } from 'react';
import { useApp } from '../../ui/app-context.ts';
import { beforeSeen } from './before-seen.ts';
import { LiveSession } from './live-session.ts';
import { openSocket } from './open-socket.ts';
import type { Snapshot } from './snapshot.ts';

const nothing = () => () => undefined;
const undefinedSnapshot = () => undefined;

/** The live session of the project, for as long as the page is shown. */
export function useLiveSession(): { readonly session: LiveSession; readonly snapshot: Snapshot } | undefined {
  const { api, project } = useApp();
  const [session, setSession] = useState<LiveSession>();
  useEffect(() => {
    const created = new LiveSession({
      api,
      project,
      openSocket: (listener) => openSocket(project, api.token, listener),
      schedule: beforeSeen,
    });
    setSession(created);
    const online = () => created.reconnectNow();
    window.addEventListener('online', online);
    window.addEventListener('tailrace:signed-in', online);
    // A computer that has slept may have lost what it takes for a connection.
    document.addEventListener('visibilitychange', online);
    return () => {
      window.removeEventListener('online', online);
      window.removeEventListener('tailrace:signed-in', online);
      document.removeEventListener('visibilitychange', online);
      created.close();
      setSession(undefined);
    };
  }, [api, project]);
  const snapshot = useSyncExternalStore(session?.subscribe ?? nothing, session?.snapshot ?? undefinedSnapshot);
  return session && snapshot ? { session, snapshot } : undefined;
}
