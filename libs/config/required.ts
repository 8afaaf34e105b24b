/** The shape of a zod `error` parameter's argument, as far as it is looked at. */
interface Issue {
  readonly input?: unknown;
}

/**
 * For the `error` parameter of a field's type: says that a field is missing, or what it must be.
 *
 *     z.string({ error: required('must be text') })
 */
export function required(otherwise: string): (issue: Issue) => string {
  return ({ input }) => (input === undefined ? 'is required' : otherwise);
}
