/** What was mended or is doubtful in a record: the values of its `flags`. */
export const flags = {
  /** The event's own time is before 2000 or after 2099; the provider's ingestion time stands in for it. */
  timeOutOfRange: 'time_out_of_range',
  /** The body was cut; `truncated_from` is its size. */
  bodyTruncated: 'body_truncated',
  /** Attributes were cut or left out: too many, or too long. The raw event has them. */
  attributesTruncated: 'attributes_truncated',
  /** Half a surrogate pair, which no UTF-8 text can hold, became U+FFFD. */
  invalidUtf8: 'invalid_utf8',
  /** NUL, which PostgreSQL's text cannot hold, became U+FFFD. */
  nulReplaced: 'nul_replaced',
  /** JSON nested too deeply or of too many fields was left unparsed. */
  jsonTooLarge: 'json_too_large',
  /** JSON that broke off, as a container runtime or a size limit cuts it: the fields before the cut were read. */
  jsonCut: 'json_cut',
  /** An exception nobody caught, a panic or a time-out of the platform: it states no level, and is an error. */
  severityInferred: 'severity_inferred',
  /** The raw event's payload is not what its provider sends: it is the body as it came. */
  payloadUnreadable: 'payload_unreadable',
} as const;

export type Flag = (typeof flags)[keyof typeof flags];
