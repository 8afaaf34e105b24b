/** Why a call has no answer that can be used. */
export type FailureKind =
  /** Nothing answered. */
  | 'unreachable'
  /** The answer ended in the middle. */
  | 'broken_off'
  /** A success that is not JSON: something in between answered, such as a proxy or its sign-in page. */
  | 'foreign'
  /** JSON that lacks what the API's description requires: the two are of different versions. */
  | 'misshapen'
  /** An answer that is not a success. */
  | 'refused';

/** One wrong field of a request. */
export interface FieldProblem {
  /** With what it is a part of: `body.connection_config.region`, `querystring.from`. */
  readonly field: string;
  readonly message: string;
}

/** What is known of a failed call. */
export interface Failure {
  readonly kind: FailureKind;
  /** 0 where no answer came. */
  readonly status: number;
  /** Undefined where what answered gave none. */
  readonly title?: string | undefined;
  /** In words; undefined where what answered gave none. */
  readonly detail?: string | undefined;
  /** The problem's stable code; undefined where what answered was not the API. */
  readonly code?: string | undefined;
  readonly errors?: readonly FieldProblem[] | undefined;
  /** The first place of an answer that is `misshapen`. */
  readonly place?: string | undefined;
  readonly cause?: unknown;
}

/** An answer that is not a success: what the server's problem document (RFC 9457) says, or why there is none. */
export class ApiError extends Error {
  readonly kind: FailureKind;
  readonly status: number;
  readonly title: string;
  /** Empty where what answered was not the API. */
  readonly code: string;
  readonly errors: readonly FieldProblem[];

  /** @param message for a person */
  constructor(
    message: string,
    { kind, status, title = `The server answered ${status}`, code = '', errors = [], cause }: Failure,
  ) {
    super(message, { cause });
    this.kind = kind;
    this.status = status;
    this.title = title;
    this.code = code;
    this.errors = errors;
  }

  /** Messages by field: `connection_config.region`. */
  get fields(): ReadonlyMap<string, string> {
    return new Map(this.errors.map(({ field, message }) => [field.replace(/^body\./, ''), message]));
  }
}

/** What a body of an answer that is not a success says; whatever it is. */
export function refusalIn(status: number, body: unknown): Failure {
  const problem = objectOf(body);
  const errors = (Array.isArray(problem.errors) ? problem.errors : []).filter(
    (each): each is FieldProblem => typeof each?.field === 'string' && typeof each.message === 'string',
  );
  return {
    kind: 'refused',
    status,
    title: textOf(problem.title),
    detail: textOf(problem.detail),
    code: textOf(problem.code),
    errors,
  };
}

/** The fields of a JSON object; none of what is no object. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
