import './sign-in.css';
import type { ReactNode } from 'react';
import markUrl from '../ui/mark.svg';
import { SignInForm } from './sign-in-form.tsx';

interface SignInPageProps {
  /** Why one has to sign in, when one was before. */
  readonly notice: string | undefined;
  readonly onSignIn: (token: string) => Promise<void>;
}

/** In place of the page, while nobody is signed in. */
export function SignInPage({ notice, onSignIn }: SignInPageProps) {
  return (
    <Entrance title="Sign in to Tailrace">
      {notice && (
        <p className="banner banner-warn" role="status">
          {notice}
        </p>
      )}
      <SignInForm onSignIn={onSignIn} />
    </Entrance>
  );
}

/** While the server does not say who is signed in. */
export function UnreachablePage({ problem }: { readonly problem: string }) {
  return (
    <Entrance title="Tailrace">
      <p className="banner banner-warn" role="status">
        {problem} Trying again…
      </p>
      <button type="button" className="button" onClick={() => location.reload()}>
        Reload
      </button>
    </Entrance>
  );
}

function Entrance({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <main className="sign-in">
      <div className="sign-in-box">
        <img src={markUrl} alt="" width="40" height="40" />
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
