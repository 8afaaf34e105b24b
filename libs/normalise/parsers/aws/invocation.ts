import { isUuidAt } from '../../characters.ts';
import type { Draft } from '../../draft.ts';

/** The attribute with the request id of a function's run. */
export const invocationId = 'faas.invocation_id';

/** Names that runtimes and loggers give to it. Only in a function's log is `requestId` that of the run. */
const names = ['aws_request_id', 'awsRequestId', 'AWSRequestId'];
const namesInFunctions = [...names, 'requestId', 'function_request_id'];

/** Brings a function's request id under one name, whatever its runtime or logger calls it. */
export function nameInvocation(draft: Draft): void {
  const { attributes, resource } = draft;
  for (const name of resource['faas.name'] === undefined ? names : namesInFunctions) {
    const id = attributes[name];
    if (id === undefined || !isUuidAt(id, 0)) continue;
    if (attributes[invocationId] === undefined) draft.attribute(invocationId, draft.take(name) as string);
    return;
  }
}
