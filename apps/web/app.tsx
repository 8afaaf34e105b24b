import { useCallback, useEffect, useMemo, useState } from 'react';
import { AlertsPage } from './alerts/alerts-page.tsx';
import { Api } from './api/http.ts';
import { readToken, type Session, storedToken, storeToken, takeTokenFromAddress } from './api/session.ts';
import { ConnectionsPage } from './connections/connections-page.tsx';
import { LivePage } from './live/live-page.tsx';
import { ReplaysPage } from './replays/replays-page.tsx';
import { SignInPage } from './sign-in/sign-in-page.tsx';
import { appContext } from './ui/app-context.ts';
import { ErrorBoundary } from './ui/error-boundary.tsx';
import { dropFragment, navigate, type Page, pagePath, routeOf, useAddress } from './ui/route.ts';
import { pageNames, Shell } from './ui/shell.tsx';

const pages: Readonly<Record<Page, () => React.ReactNode>> = {
  live: LivePage,
  connections: ConnectionsPage,
  alerts: AlertsPage,
  replays: ReplaysPage,
};

/** Who the tab's token says is here; a token in the address comes first. */
function initialSession(): { session: Session | undefined; notice: string | undefined } {
  const handed = takeTokenFromAddress(location.hash, dropFragment);
  if (handed !== undefined) storeToken(handed);
  const token = storedToken();
  const read = token === undefined ? undefined : readToken(token);
  if (read === undefined) return { session: undefined, notice: undefined };
  return 'problem' in read ? { session: undefined, notice: read.problem } : { session: read, notice: undefined };
}

/** The page: signed in to one project, or asking for a token. */
export function App() {
  const [{ session, notice }, setState] = useState(initialSession);
  const { path } = useAddress();
  const route = routeOf(path);

  const signIn = useCallback((next: Session) => {
    storeToken(next.token);
    setState({ session: next, notice: undefined });
  }, []);
  const signOut = useCallback((why?: string) => {
    storeToken(undefined);
    setState({ session: undefined, notice: why });
  }, []);
  useEffect(() => {
    // An address that was opened in a tab that is signed in already.
    const take = () => {
      if (location.hash.startsWith('#token=')) setState(initialSession());
    };
    window.addEventListener('hashchange', take);
    return () => window.removeEventListener('hashchange', take);
  }, []);

  const [home] = session?.projects ?? [];
  const project = session?.projects.find((each) => each === route.project);
  useEffect(() => {
    if (home !== undefined && route.project === undefined) navigate(pagePath(home, 'live'), 'replace');
  }, [home, route.project]);
  const app = useMemo(() => {
    if (session === undefined || project === undefined) return undefined;
    const api = new Api(session.token, (detail) => signOut(detail));
    return { session, api, project, mayEdit: session.role !== 'viewer', signOut: () => signOut() };
  }, [session, project, signOut]);

  if (session === undefined) return <SignInPage notice={notice} onSignIn={signIn} />;
  if (app === undefined) {
    if (route.project === undefined) return null;
    return (
      <SignInPage
        notice={`Your token does not carry the project ${route.project}. It carries: ${session.projects.join(', ')}.`}
        onSignIn={signIn}
      />
    );
  }
  const Shown = pages[route.page];
  return (
    <appContext.Provider value={app}>
      <Shell page={route.page}>
        <ErrorBoundary name={`The page ${pageNames[route.page]}`} resetKey={path}>
          <Shown key={app.project} />
        </ErrorBoundary>
      </Shell>
    </appContext.Provider>
  );
}
