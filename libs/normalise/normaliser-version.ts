/**
 * Written to every record. Where two records have the same id, the sink keeps the one of the higher version; of the
 * same version, the later.
 *
 * Raise it by one in every release whose records can differ for the same raw event: a parser added, mended or put
 * elsewhere in the order, a mapping, a limit, an attribute's name. Replaying a range then renews it. Leave it where the
 * records are the same bytes as before (a quicker scanner, a rename in the code). `golden.test.ts` shows which it is: a
 * change to an expected record there goes with a raise here, unless the version has not been released yet.
 */
export const normaliserVersion = 2;
