import { useState } from 'react';
import { endSession } from '../session/session-keeper.ts';
import { copyText } from './browser/clipboard.ts';
import { pagePath, routeOf } from './route.ts';

interface FailureProps {
  readonly error: unknown;
  /** React's stack of components; empty when there is none. */
  readonly stack: string;
  readonly name: string;
  readonly part: boolean;
  readonly onRetry: () => void;
}

/** What a person sees in place of what could not be shown, and what can be done about it. */
export function Failure({ error, stack, name, part, onRetry }: FailureProps) {
  const [copied, setCopied] = useState<boolean>();
  const details = detailsOf(error, stack);
  const { project } = routeOf(location.pathname);
  return (
    <div className={part ? 'failure failure-part' : 'failure'} role="alert">
      <p>
        <strong>{name} could not be shown.</strong> This is a fault of Tailrace’s page, not of yours; logs are read and
        stored all the same. Page and server may also be of different versions, which reloading mends.
      </p>
      <pre className="failure-error">{error instanceof Error ? error.message : String(error)}</pre>
      <div className="form-actions">
        <button type="button" className="button button-main" onClick={onRetry}>
          Try again
        </button>
        <button type="button" className="button" onClick={() => location.reload()}>
          Reload
        </button>
        <button type="button" className="button" onClick={() => void copyText(details).then(setCopied)}>
          {copied ? 'Copied' : 'Copy the error'}
        </button>
        {!part && (
          <>
            <a className="button" href={project === undefined ? '/' : pagePath(project, 'live')}>
              Go to Live
            </a>
            <button
              type="button"
              className="button"
              onClick={() => void endSession().finally(() => location.assign('/'))}
            >
              Sign out
            </button>
          </>
        )}
      </div>
      {copied === false && (
        <>
          <p className="dim">The browser does not let the page copy. Select and copy this:</p>
          <pre className="failure-error">{details}</pre>
        </>
      )}
    </div>
  );
}

/** For a bug report. Holds no query, which may name what one searches for. */
function detailsOf(error: unknown, stack: string): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [`${new Date().toISOString()} ${location.pathname}`, navigator.userAgent, text, stack].join('\n');
}
