import { redacted } from '@tailrace/errors/redacted.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';

const maxLength = 500;
const maxCauses = 4;
/** Shorter ones would be found everywhere, and are no secrets. */
const minSecretLength = 4;

/**
 * What an error of an SDK says, fit for statuses, answers and logs: its first line, not endless, and without the
 * connection's secrets. Providers answer with what they were sent: AWS with the text it signed, session token included.
 */
export function safeMessage(error: unknown, secrets: readonly string[] = []): string {
  const text = withoutSecrets(messageOf(error), secrets);
  const line = text.trim().split(/\r?\n/, 1)[0]!.trim();
  // All that Node says of an answer whose connection ended in its middle; SDKs add lines of advice to it.
  if (line === 'aborted') return 'the answer was cut short';
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}

/**
 * An error of an SDK as the `cause` of ours: what it says, its name and code, where it was thrown, and its own causes.
 * Nothing else of it, since SDKs hang requests and answers on theirs.
 */
export function printableCause(error: unknown, secrets: readonly string[] = [], causesLeft = maxCauses): Error {
  const said = safeMessage(error, secrets);
  const inner = error instanceof Error && error.cause !== undefined && causesLeft > 0 ? error.cause : undefined;
  const printable: Error & { code?: string | number } = new Error(
    said,
    inner === undefined ? undefined : { cause: printableCause(inner, secrets, causesLeft - 1) },
  );
  if (error instanceof Error) {
    printable.name = error.name;
    printable.stack = [`${error.name}: ${said}`, ...framesOf(error.stack)].join('\n');
    const code = codeOf(error);
    if (code !== undefined) printable.code = code;
  }
  return printable;
}

function framesOf(stack: string | undefined): string[] {
  return (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
}

function codeOf(error: Error): string | number | undefined {
  if (!('code' in error)) return undefined;
  return typeof error.code === 'string' || typeof error.code === 'number' ? error.code : undefined;
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= minSecretLength)
    .reduce((shown, secret) => shown.replaceAll(secret, redacted), text);
}
