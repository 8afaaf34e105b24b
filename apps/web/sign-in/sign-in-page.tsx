import './sign-in.css';
import { type FormEvent, useState } from 'react';
import { readToken, type Session } from '../api/session.ts';
import markUrl from '../ui/mark.svg';

interface SignInProps {
  /** Why one has to sign in, when one was before. */
  readonly notice: string | undefined;
  readonly onSignIn: (session: Session) => void;
}

/** Asks for a token. It is kept in this tab and sent in headers only, never in an address. */
export function SignInPage({ notice, onSignIn }: SignInProps) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = readToken(text);
    if ('problem' in read) setProblem(read.problem);
    else onSignIn(read);
  };
  return (
    <main className="sign-in">
      <form onSubmit={submit} noValidate>
        <img src={markUrl} alt="" width="40" height="40" />
        <h1>Sign in to Tailrace</h1>
        {notice && (
          <p className="banner banner-warn" role="status">
            {notice}
          </p>
        )}
        <label htmlFor="token">Access token</label>
        <textarea
          id="token"
          rows={4}
          spellCheck={false}
          autoComplete="off"
          aria-describedby="token-help"
          aria-invalid={problem !== undefined}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.shiftKey) submit(event);
          }}
        />
        {problem && (
          <p className="field-problem" role="alert">
            {problem}
          </p>
        )}
        <p id="token-help" className="dim">
          A JWT of your identity provider, or one made here:
          <code>npx tailrace token --project demo --role admin</code>
          It stays in this tab and is gone when you close it.
        </p>
        <button type="submit" className="button button-main">
          Sign in
        </button>
      </form>
    </main>
  );
}
