import './shell.css';
import { type ReactNode, useState } from 'react';
import { useApp } from './app-context.ts';
import { Icon, type IconName } from './icon.tsx';
import { Link } from './link.tsx';
import markUrl from './mark.svg';
import { Popover } from './popover.tsx';
import { navigate, type Page, pagePath } from './route.ts';
import { shortMoment } from './text/format.ts';
import { applyTheme, storedTheme, type Theme } from './theme.ts';

export const pageNames: Readonly<Record<Page, string>> = {
  live: 'Live',
  connections: 'Connections',
  alerts: 'Alerts',
  replays: 'Replays',
};

const themes: Readonly<Record<Theme, readonly [next: Theme, icon: IconName, name: string]>> = {
  system: ['light', 'auto', 'Colours: as the system. Switch to light'],
  light: ['dark', 'sun', 'Colours: light. Switch to dark'],
  dark: ['system', 'moon', 'Colours: dark. Switch to the system’s'],
};

/** In the order of their use. */
const shown: readonly Page[] = ['live', 'connections', 'alerts', 'replays'];

interface ShellProps {
  readonly page: Page;
  /** What is to be said before the page itself. */
  readonly notices: ReactNode;
  readonly children: ReactNode;
}

/** What is around every page: where one is, where one can go, who one is. */
export function Shell({ page, notices, children }: ShellProps) {
  const { project, session, signOut } = useApp();
  const [theme, setTheme] = useState(storedTheme);
  const [next, icon, name] = themes[theme];
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="topbar">
        <Link className="brand" to={pagePath(project, 'live')}>
          <img src={markUrl} alt="" width="22" height="22" />
          <span>Tailrace</span>
        </Link>
        {session.projects.length > 1 ? (
          <select
            className="project-select"
            aria-label="Project"
            value={project}
            onChange={(event) => navigate(pagePath(event.target.value, page))}
          >
            {session.projects.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        ) : (
          <span className="project-name" title="Project">
            {project}
          </span>
        )}
        <nav aria-label="Pages">
          {shown.map((each) => (
            <Link key={each} to={pagePath(project, each)} current={each === page}>
              {pageNames[each]}
            </Link>
          ))}
        </nav>
        <span className="grow" />
        <button
          type="button"
          className="icon-button"
          aria-label={name}
          title={name}
          onClick={() => {
            applyTheme(next);
            setTheme(next);
          }}
        >
          <Icon name={icon} />
        </button>
        <Popover
          className="icon-button"
          align="end"
          name={`Signed in as ${session.subject}`}
          label={<Icon name="exit" />}
        >
          {() => (
            <div className="who">
              <p>
                <strong>{session.subject}</strong>
                <br />
                <span className="dim">
                  {session.role}, until {shortMoment(session.expiresAt)}
                  {session.isRenewable && ', longer while it is used'}
                  {session.token !== undefined && ', in this tab only: the browser keeps no cookie for this address'}
                </span>
              </p>
              <button type="button" className="button" onClick={signOut}>
                Sign out
              </button>
            </div>
          )}
        </Popover>
      </header>
      {notices}
      <main id="main" className={`page page-${page}`}>
        {children}
      </main>
    </div>
  );
}
