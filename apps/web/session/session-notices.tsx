import './sign-in.css';
import { useState } from 'react';
import { Dialog } from '../ui/dialog.tsx';
import { shortMoment } from '../ui/text/format.ts';
import type { SessionKeeper, SessionState } from './session-keeper.ts';
import { SignInForm } from './sign-in-form.tsx';

interface SessionNoticesProps {
  readonly keeper: SessionKeeper;
  readonly state: Extract<SessionState, { kind: 'signed-in' }>;
}

/** What is to be said of the session while the page goes on: that it ends soon, has ended, or that a link brought another. */
export function SessionNotices({ keeper, state }: SessionNoticesProps) {
  const [signingIn, setSigningIn] = useState(false);
  const { session, endsSoon, hasEnded, offer } = state;
  const signIn = async (token: string) => {
    await keeper.signIn(token);
    setSigningIn(false);
  };
  if (hasEnded) {
    return (
      <Dialog title="Your session has ended" stays>
        <div className="form">
          <p>
            Sign in again as <strong>{session.subject}</strong> to go on where you are: what you see stays. Live lines
            that come meanwhile are sent then.
          </p>
          <SignInForm onSignIn={signIn} />
          <div className="form-actions">
            <button type="button" className="button" onClick={() => void keeper.signOut()}>
              Sign out
            </button>
          </div>
        </div>
      </Dialog>
    );
  }
  if (offer !== undefined) {
    return (
      <Dialog title="Sign in as somebody else?" stays>
        <div className="form">
          <p>
            You are signed in as <strong>{session.subject}</strong>. The link you opened carries a token of{' '}
            <strong>{offer.subject}</strong>, which would take its place in every tab.
          </p>
          <div className="form-actions">
            <button type="button" className="button button-main" onClick={() => void keeper.answerOffer(false)}>
              Stay signed in as {session.subject}
            </button>
            <button type="button" className="button" onClick={() => void keeper.answerOffer(true)}>
              Sign in as {offer.subject}
            </button>
          </div>
        </div>
      </Dialog>
    );
  }
  return (
    <>
      {endsSoon && (
        <p className="banner banner-warn session-notice" role="status">
          Your session ends at {shortMoment(session.expiresAt)}.
          {session.isRenewable ? (
            <button type="button" className="button button-small" onClick={() => void keeper.renew()}>
              Stay signed in
            </button>
          ) : (
            <button type="button" className="button button-small" onClick={() => setSigningIn(true)}>
              Sign in again
            </button>
          )}
        </p>
      )}
      {signingIn && (
        <Dialog title="Sign in again" onClose={() => setSigningIn(false)}>
          <SignInForm onSignIn={signIn} />
        </Dialog>
      )}
    </>
  );
}
