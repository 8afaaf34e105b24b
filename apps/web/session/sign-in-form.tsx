import { type FormEvent, useState } from 'react';
import { messageOf } from '../api/http.ts';
import { readToken } from '../api/session.ts';

interface SignInFormProps {
  /** @throws ApiError when the server refuses the token */
  readonly onSignIn: (token: string) => Promise<void>;
}

/** Asks for a token. It is exchanged for a session at once, is kept nowhere, and never part of an address. */
export function SignInForm({ onSignIn }: SignInFormProps) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const read = readToken(text);
    if ('problem' in read) {
      setProblem(read.problem);
      return;
    }
    setBusy(true);
    try {
      await onSignIn(read.token);
    } catch (error) {
      setProblem(messageOf(error));
      setBusy(false);
    }
  };
  return (
    <form className="sign-in-form" onSubmit={(event) => void submit(event)} noValidate>
      <label htmlFor="token">Access token</label>
      <textarea
        id="token"
        rows={4}
        spellCheck={false}
        autoComplete="off"
        required
        aria-describedby="token-help"
        aria-invalid={problem !== undefined}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.shiftKey) void submit(event);
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
        It signs this browser in, in every tab, and is not kept.
      </p>
      <button type="submit" className="button button-main" disabled={busy}>
        Sign in
      </button>
    </form>
  );
}
