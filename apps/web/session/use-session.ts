import { useEffect, useState, useSyncExternalStore } from 'react';
import { takeTokenFromAddress } from '../api/session.ts';
import { openTabMessages } from '../ui/browser/tab-messages.ts';
import { dropFragment } from '../ui/route.ts';
import { SessionKeeper, type SessionState } from './session-keeper.ts';

/** The session of this browser, kept in step with its other tabs. */
export function useSession(): { readonly keeper: SessionKeeper; readonly state: SessionState } {
  const [{ keeper, connect }] = useState(openKeeper);
  useEffect(connect, [connect]);
  return { keeper, state: useSyncExternalStore(keeper.subscribe, keeper.state) };
}

function openKeeper(): { keeper: SessionKeeper; connect: () => () => void } {
  let say: (message: string) => void = () => undefined;
  const keeper = new SessionKeeper({ isSeen: () => !document.hidden, say: (message) => say(message) });
  const connect = () => {
    const tabs = openTabMessages('tailrace.session', (message) => void keeper.heard(message));
    say = tabs.say;
    const begin = () => void keeper.start(takeTokenFromAddress(location.hash, dropFragment));
    // An address that was opened in a tab that is signed in already.
    const handed = () => {
      if (location.hash.startsWith('#token=')) begin();
    };
    const seen = () => void keeper.look();
    begin();
    window.addEventListener('hashchange', handed);
    document.addEventListener('visibilitychange', seen);
    return () => {
      window.removeEventListener('hashchange', handed);
      document.removeEventListener('visibilitychange', seen);
      tabs.close();
      keeper.close();
    };
  };
  return { keeper, connect };
}
