/**
 * What one log record may hold. Together they keep a record well below the 4 MiB that the topics take, and its indexes
 * small; what is beyond a limit is still in the raw event.
 */

/** Longest body, bytes of UTF-8. */
export const maxBodyBytes = 256 * 1024;
/** Most attributes of a record. */
export const maxAttributes = 256;
/** Longest key of an attribute, UTF-16 code units. */
export const maxAttributeKeyLength = 256;
/** Longest value of an attribute, UTF-16 code units. */
export const maxAttributeValueLength = 32 * 1024;
/** Keys and values of all attributes together, UTF-16 code units. */
export const maxAttributesLength = 256 * 1024;
/** Deepest nesting of JSON that is read into attributes; deeper text stays an unparsed body. */
export const maxJsonDepth = 32;
/** Most fields of JSON that is read into attributes (of which `maxAttributes` are kept); more stays an unparsed body. */
export const maxJsonFields = 4096;

/** Event times before (2000) and from (2100) which are taken for a mistake, microseconds since the epoch. */
export const earliestTimestamp = Date.UTC(2000, 0) * 1000;
export const latestTimestamp = Date.UTC(2100, 0) * 1000;
