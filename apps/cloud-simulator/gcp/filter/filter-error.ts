/** A filter that Cloud Logging answers with INVALID_ARGUMENT. */
export class FilterError extends Error {}
