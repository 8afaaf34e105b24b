import { describe } from 'vitest';
import type { CloudFeatures, CloudUnderTest } from './conformance/cloud-under-test.ts';
import { describeCrashes } from './conformance/crashes.ts';
import { describeDelivery } from './conformance/delivery.ts';
import { describeFailures } from './conformance/failures.ts';
import { fixtures } from './conformance/fixture.ts';
import { describeRewind } from './conformance/rewind.ts';
import { describeStopping, describeTail } from './conformance/stopping.ts';

/**
 * What every connector must do, run through the production runner on the in-memory broker, against a stand-in for its
 * provider. Every connector folder calls it; `connector-folders.test.ts` fails one that does not.
 *
 * Every stand-in must be able to throttle, to hang and to let credentials expire.
 *
 * @param setup a cloud of its own for each test: nothing in it, no faults.
 */
export function connectorConformance(
  name: string,
  features: CloudFeatures,
  setup: () => Promise<CloudUnderTest>,
): void {
  describe(`connector conformance: ${name}`, { timeout: 180_000 }, () => {
    const fixture = fixtures(setup);
    describeDelivery(fixture);
    describeCrashes(fixture);
    describeFailures(fixture, features, setup);
    describeRewind(fixture);
    describeStopping(fixture);
    if (features.tail) describeTail(fixture);
  });
}
