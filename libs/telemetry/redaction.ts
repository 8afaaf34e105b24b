import { redacted } from '@tailrace/errors/redacted.ts';

/** Compared with a field's name in lower case without separators, so `clientSecret` and `client_secret` are one. */
const secretName =
  /secret|password|passwd|passphrase|authorization|cookie|credential|privatekey|apikey|accesskey$|encryptionkey|token$|ticket$|jwt$/;

/** Whether a line may hold such a field at all; most do not, and are not parsed. */
const mayNameSecret =
  /secret|passw|passphrase|authorization|cookie|credential|private_?-?key|api_?-?key|access_?-?key|encryption_?-?key|token|ticket|jwt/i;

/**
 * Shapes of secrets inside text: JWT and JWE, a private key in PEM, a password in a URL, a token in a query string or a
 * header. The line is JSON, so none of them may swallow a quote.
 */
const secretText: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]{8,}(?:\.[\w-]*){2,4}/g, redacted],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[^"]*?-----END [A-Z ]*PRIVATE KEY-----/g, redacted],
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:/@"]*):[^\s/@"]+@/gi, `$1:${redacted}@`],
  [/([?&](?:access_token|token|ticket)=)[^&\s"\\]+/gi, `$1${redacted}`],
  [/\b(Bearer|Basic) [\w.~+/=-]{8,}/g, `$1 ${redacted}`],
];

/**
 * Masks the secrets in one JSON line: fields with a secret's name, at any depth, and text that looks like a secret.
 * Works on the finished line, so whatever way a value got there (a child's bindings, an error), it passes here.
 */
export function redactLine(line: string): string {
  const named = mayNameSecret.test(line) ? redactNamed(line) : line;
  return secretText.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), named);
}

function redactNamed(line: string): string {
  return `${JSON.stringify(JSON.parse(line, maskSecret))}\n`;
}

/** Numbers and flags are not secrets: a count of tokens stays readable. */
function maskSecret(name: string, value: unknown): unknown {
  const couldHold = typeof value === 'string' || (typeof value === 'object' && value !== null);
  return couldHold && secretName.test(name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')) ? redacted : value;
}
