/** The parser of a record whose text no parser knew: all of it is the body. */
export const noParser = 'plain';

/** The attribute with the time that a text states: ISO 8601, as precise as it was written, without an offset if it had none. */
export const logTimeAttribute = 'log.time';
