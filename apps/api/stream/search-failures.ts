import { problemSchema } from '@tailrace/http/problem.ts';

/** How a search of stored lines may be refused or fail: what `LogDatabase.run` throws, and 404 for another's project. */
export const searchFailures = {
  404: problemSchema,
  422: problemSchema,
  429: problemSchema,
  503: problemSchema,
  504: problemSchema,
};
