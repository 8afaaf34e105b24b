/** An error as CloudWatch Logs answers it in AWS JSON 1.1. */
export class AwsError extends Error {
  /** The exception's name, for `__type`. */
  readonly type: string;
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;

  constructor(type: string, message: string, status = 400, retryAfterSeconds?: number) {
    super(message);
    this.type = type;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

export function notFound(what: 'log group' | 'log stream'): AwsError {
  return new AwsError('ResourceNotFoundException', `The specified ${what} does not exist.`);
}
