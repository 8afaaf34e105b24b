/** The parser of a record whose text no parser knew: all of it is the body. */
export const noParser = 'plain';

/** The attribute with the time that a text states: ISO 8601, as precise as it was written, without an offset if it had none. */
export const logTimeAttribute = 'log.time';

/** Whether a level was found: `SEVERITY_NUMBER_UNSPECIFIED` is 0 (OpenTelemetry, Logs Data Model). */
export function hasLevel({ severity_number: severity }: { readonly severity_number: number }): boolean {
  return severity > 0;
}

/** Whether the record's text states a time. */
export function hasLogTime({ attributes }: { readonly attributes: Readonly<Record<string, string>> }): boolean {
  return attributes[logTimeAttribute] !== undefined;
}
