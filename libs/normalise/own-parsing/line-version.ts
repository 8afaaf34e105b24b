/** Versions of the code stay below this, so that the rules' version stands above them. */
const codeVersions = 1000;
/** Most changes of one connection's rules: PostgreSQL's integer holds no greater version. */
export const maxRulesVersion = 2_000_000;

/**
 * The `normaliser_version` of a line of a connection with parsing rules of its own. It is one number, so that wherever two
 * records of one line meet the greater wins: changed rules count as a newer normaliser for the connection's lines, whatever
 * code reads them, and under the same rules newer code wins. A connection that never had rules is at version 0.
 */
export function lineVersion(rulesVersion: number, codeVersion: number): number {
  return rulesVersion * codeVersions + codeVersion;
}
