/** google.protobuf.Timestamp in protobufjs' forms. */
export interface ProtoTimestamp {
  readonly seconds?: unknown;
  readonly nanos?: number | null;
}

/** Microseconds since the epoch. */
export function microsOf({ seconds, nanos }: ProtoTimestamp): number {
  return Number(seconds ?? 0) * 1_000_000 + Math.floor((nanos ?? 0) / 1000);
}

/** With nanoseconds, always nine digits: the text is part of an entry's identity. */
export function rfc3339({ seconds, nanos }: ProtoTimestamp): string {
  const whole = new Date(Number(seconds ?? 0) * 1000).toISOString().slice(0, 19);
  return `${whole}.${String(nanos ?? 0).padStart(9, '0')}Z`;
}
