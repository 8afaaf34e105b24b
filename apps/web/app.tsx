import { useEffect, useMemo } from 'react';
import { AlertsPage } from './alerts/alerts-page.tsx';
import type { Session } from './api/session.ts';
import { ConnectionsPage } from './connections/connections-page.tsx';
import { LivePage } from './live/live-page.tsx';
import { ReplaysPage } from './replays/replays-page.tsx';
import { SessionNotices } from './session/session-notices.tsx';
import { SignInPage, UnreachablePage } from './session/sign-in-page.tsx';
import { useSession } from './session/use-session.ts';
import { appContext } from './ui/app-context.ts';
import { ErrorBoundary } from './ui/error-boundary.tsx';
import { navigate, type Page, pagePath, routeOf, useAddress } from './ui/route.ts';
import { pageNames, Shell } from './ui/shell.tsx';

const pages: Readonly<Record<Page, () => React.ReactNode>> = {
  live: LivePage,
  connections: ConnectionsPage,
  alerts: AlertsPage,
  replays: ReplaysPage,
};

/** The page: signed in to one project, or asking for a token. */
export function App() {
  const { keeper, state } = useSession();
  const { path } = useAddress();
  const route = routeOf(path);
  const session: Session | undefined = state.kind === 'signed-in' ? state.session : undefined;

  const [home] = session?.projects ?? [];
  const project = session?.projects.find((each) => each === route.project);
  useEffect(() => {
    if (home !== undefined && route.project === undefined) navigate(pagePath(home, 'live'), 'replace');
  }, [home, route.project]);
  const app = useMemo(() => {
    if (session === undefined || project === undefined) return undefined;
    const signOut = () => void keeper.signOut();
    return { session, api: keeper.api, project, mayEdit: session.role !== 'viewer', signOut };
  }, [session, project, keeper]);

  if (state.kind === 'starting') return null;
  if (state.kind === 'unreachable') return <UnreachablePage problem={state.problem} />;
  const signIn = (token: string) => keeper.signIn(token);
  if (state.kind === 'signed-out') return <SignInPage notice={state.notice} onSignIn={signIn} />;
  if (app === undefined) {
    if (route.project === undefined) return null;
    const { subject, projects } = state.session;
    const notice = `${subject} has no access to the project ${route.project}, only to ${projects.join(', ')}. Sign in as somebody who has.`;
    return <SignInPage notice={notice} onSignIn={signIn} />;
  }
  const Shown = pages[route.page];
  return (
    <appContext.Provider value={app}>
      <Shell page={route.page} notices={<SessionNotices keeper={keeper} state={state} />}>
        <ErrorBoundary name={`The page ${pageNames[route.page]}`} resetKey={path}>
          {/* Another person sees nothing of what the one before had open. */}
          <Shown key={`${app.session.subject} ${app.project}`} />
        </ErrorBoundary>
      </Shell>
    </appContext.Provider>
  );
}
