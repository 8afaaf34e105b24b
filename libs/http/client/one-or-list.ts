/**
 * Routes such as `GET alert-rules/{id}` answer one resource for its own id, and for the id of a project the list of its
 * resources, under the name of the list.
 */
type ListOf<Answer, Name extends string> = Extract<Answer, { readonly [Key in Name]: unknown }>;

/** The answer for a project: `listed(answer, 'rules')` has its rules. @throws when it is one resource. */
export function listed<Answer extends object, Name extends string>(answer: Answer, name: Name): ListOf<Answer, Name> {
  if (name in answer) return answer as ListOf<Answer, Name>;
  throw new Error(`the server answered with one resource, and not with a list of ${name}`);
}

/** The answer for a resource's own id. @throws when it is a list. */
export function one<Answer extends object, Name extends string>(
  answer: Answer,
  name: Name,
): Exclude<Answer, { readonly [Key in Name]: unknown }> {
  if (!(name in answer)) return answer as Exclude<Answer, { readonly [Key in Name]: unknown }>;
  throw new Error(`the server answered with a list of ${name}, and not with one resource`);
}
