import { errorCodes } from 'kafkajs/src/protocol/error.js';

/** Codes that came after kafkajs' last release, by the names of Kafka's protocol guide. */
const laterCodes: Readonly<Record<number, string>> = {
  90: 'PRODUCER_FENCED',
  100: 'UNKNOWN_TOPIC_ID',
  103: 'INCONSISTENT_TOPIC_ID',
  120: 'TRANSACTION_ABORTABLE',
};

/** A broker's answer that is an error. Has the same `type` as the errors kafkajs makes of its own requests. */
export class BrokerError extends Error {
  readonly type: string;

  constructor(type: string, message = `the broker answered ${type}`) {
    super(message);
    this.name = 'BrokerError';
    this.type = type;
  }
}

/** @throws BrokerError unless the code is 0. */
export function check(errorCode: number, message?: string | null): void {
  if (errorCode === 0) return;
  const type = errorTypeOf(errorCode);
  throw message ? new BrokerError(type, `${type}: ${message}`) : new BrokerError(type);
}

function errorTypeOf(errorCode: number): string {
  const known = errorCodes.find(({ code }) => code === errorCode)?.type ?? laterCodes[errorCode];
  return known ?? `ERROR_${errorCode}`;
}

/** The protocol's name of an error, when it is a broker's answer. */
export function answerType(error: unknown): string | undefined {
  if (error instanceof BrokerError) return error.type;
  const isProtocolError = error instanceof Error && 'type' in error && typeof error.type === 'string';
  return isProtocolError ? String(error.type) : undefined;
}
