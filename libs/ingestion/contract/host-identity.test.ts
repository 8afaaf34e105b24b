import { expect, it } from 'vitest';
import { hostIdentityRefusal } from './host-identity.ts';

it.each([
  [false, false, undefined],
  [false, true, undefined],
  [true, true, undefined],
  [true, false, expect.stringContaining('CLOUD_HOST_CREDENTIALS=true')],
])("with the host's identity %s and the operator's leave %s", (usesHostIdentity, allowed, refusal) => {
  expect(hostIdentityRefusal({ usesHostIdentity }, allowed)).toEqual(refusal);
});
