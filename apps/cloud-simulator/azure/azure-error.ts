/** An error as the Log Analytics query API answers it. */
export class AzureError extends Error {
  readonly status: number;
  readonly code: string;
  readonly inner: { readonly code: string; readonly message: string } | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: { readonly inner?: AzureError['inner']; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.inner = details.inner;
    this.headers = details.headers ?? {};
  }

  /** The answer's body. */
  toJSON(): object {
    const inner = this.inner === undefined ? {} : { innererror: this.inner };
    return { error: { message: this.message, code: this.code, ...inner } };
  }
}

/** The query cannot be parsed (`SyntaxError`) or names what is not there (`SemanticError`). */
export function badQuery(code: 'SyntaxError' | 'SemanticError', message: string): AzureError {
  return new AzureError(400, 'BadArgumentError', 'The request had some invalid properties', {
    inner: { code, message },
  });
}

export function unauthenticated(message: string): AzureError {
  return new AzureError(401, 'AuthenticationFailed', message, { headers: { 'www-authenticate': 'Bearer' } });
}

export function insufficientAccess(): AzureError {
  return new AzureError(
    403,
    'InsufficientAccessError',
    'The provided credentials have insufficient access to perform the requested operation',
  );
}
