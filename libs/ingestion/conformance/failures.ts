import { createLogger } from '@tailrace/telemetry/logger.ts';
import { describe, expect, it } from 'vitest';
import type { CloudFault, CloudFeatures, CloudUnderTest } from './cloud-under-test.ts';
import type { Fixture } from './fixture.ts';

const smallPages = { config: { batch_size: 3 } };

/** Faults that end a sweep, met by its second or third request, and what they leave in the status. */
const interruptions: readonly (CloudFault & { readonly code: string })[] = [
  { kind: 'throttle', skip: 2, count: 2, code: 'connector.throttled' },
  { kind: 'server-error', skip: 2, count: 3, code: 'connector.unreachable' },
  { kind: 'connection-reset', skip: 1, count: 2, code: 'connector.unreachable' },
  { kind: 'hang', skip: 2, count: 1, code: 'connector.unreachable' },
  { kind: 'truncate', skip: 1, count: 2, code: 'connector.unreachable' },
  { kind: 'expired-credentials', skip: 2, count: 2, code: 'connector.auth_refused' },
  { kind: 'access-denied', skip: 1, count: 2, code: 'connector.permission_denied' },
];

/** Faults that a sweep goes on through, or that need only a shorter one. */
const irritations: readonly CloudFault[] = [
  { kind: 'empty-page', count: 6 },
  { kind: 'short-page', count: 8 },
  { kind: 'duplicate', count: 10 },
  { kind: 'expired-page-token', count: 2 },
  { kind: 'partial-error', count: 3 },
];

/** A failure moves nothing, is reported, and is recovered from. */
export function describeFailures(
  fixture: () => Fixture,
  { faults, tail }: CloudFeatures,
  setup: () => Promise<CloudUnderTest>,
): void {
  describe('failures', () => {
    for (const { code, ...fault } of interruptions.filter(({ kind }) => faults.includes(kind))) {
      it(`loses and doubles nothing through: ${fault.kind}`, async () => {
        const texts = await fixture().emit(12);
        fixture().cloud.inject(fault);
        const hangs = fault.kind === 'hang' && { request_timeout_ms: 1000 };
        fixture().start({ config: { ...smallPages.config, ...hangs } });
        const during = await fixture().emit(6);
        await fixture().expectExactly([...texts, ...during]);
        await fixture().waitFor(() => fixture().statuses.some((status) => status.last_error?.code === code));
        const told = fixture().statuses.find((status) => status.last_error?.code === code);
        for (const secret of fixture().cloud.secrets) expect(JSON.stringify(told)).not.toContain(secret);
      });
    }

    for (const fault of irritations.filter(({ kind }) => faults.includes(kind))) {
      it(`loses and doubles nothing through: ${fault.kind}`, async () => {
        fixture().cloud.inject(fault);
        const texts = await fixture().emit(12);
        fixture().start(smallPages);
        await fixture().expectExactly([...texts, ...(await fixture().emit(6))]);
      });
    }

    it('says that the credentials are refused for as long as they are, and goes on when they are not', async () => {
      const before = await fixture().emit(5);
      fixture().start(smallPages);
      await fixture().expectExactly(before);
      fixture().cloud.inject({ kind: 'expired-credentials' });
      const during = await fixture().emit(5);
      await fixture().waitFor(() => fixture().statuses.at(-1)?.state === 'auth_refused');
      // A tail that was open before stays open, and may bring them.
      if (!tail) expect(await fixture().receivedTexts()).toEqual(before);
      fixture().cloud.clearFaults();
      await fixture().expectExactly([...before, ...during]);
      await fixture().waitFor(() => fixture().statuses.at(-1)?.state === 'running');
    });

    it('waits as long as the provider asks', async () => {
      const texts = await fixture().emit(3);
      fixture().cloud.inject({ kind: 'throttle', count: 1, retryAfterSeconds: 2 });
      fixture().start();
      await fixture().waitFor(() => fixture().cloud.readRequests().length > 0);
      const refused = fixture().cloud.readRequests()[0]!;
      await fixture().expectExactly(texts);
      // The provider's clock cuts to whole seconds where Retry-After is a date.
      expect(fixture().cloud.readRequests()[1]! - refused).toBeGreaterThan(1000);
    });

    it('asks no more often than the quota says', async () => {
      const quota = { key: 'limited', requests: 4, perMs: 1000 };
      const texts = await fixture().emit(20);
      fixture().start({ ...smallPages, quota });
      await fixture().expectExactly(texts);
      const requests = fixture().cloud.readRequests();
      // They leave in time, and a busy machine may have some arrive late: three windows are judged, less a second.
      const three = 3 * quota.requests;
      expect(requests.length).toBeGreaterThan(three);
      for (const [index, at] of requests.slice(three).entries()) {
        expect(at - requests[index]!).toBeGreaterThan(2 * quota.perMs);
      }
    });

    it('says of each bad configuration what is wrong with it, and nothing secret', async () => {
      const cloud = await setup();
      try {
        for (const { name, config, failure } of cloud.badConfigs) {
          const error = await testOf(cloud, config).then(
            () => new Error('the test passed'),
            (thrown: unknown) => thrown,
          );
          expect(error, name).toMatchObject({ name: 'ConnectorError', failure });
          expect(String(error).length, name).toBeGreaterThan(20);
          for (const secret of cloud.secrets) expect(String(error), name).not.toContain(secret);
        }
        await testOf(cloud, cloud.config);
      } finally {
        await cloud.stop();
      }
    });
  });
}

async function testOf({ connector }: CloudUnderTest, config: Readonly<Record<string, unknown>>): Promise<void> {
  const source = connector.configure(config).open({ logger: createLogger({ level: 'silent' }) });
  try {
    await source.test(AbortSignal.timeout(10_000));
  } finally {
    await source.close();
  }
}
