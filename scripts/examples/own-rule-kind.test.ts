import { ruleKinds } from '@tailrace/alert-rules/rule-kinds.ts';
import { validateRule } from '@tailrace/alert-rules/validate-rule.ts';
import { settings } from '@tailrace/alerting/config.ts';
import { start } from '@tailrace/alerting/start.ts';
import { normaliserTopology } from '@tailrace/normalise/normaliser-topology.ts';
import { InMemoryRunner } from '@tailrace/stream/processing/in-memory-runner.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, expect, it } from 'vitest';
import { slowRequests } from './own-rule-kind.ts';

const kinds = new Map([...ruleKinds, [slowRequests.type, slowRequests]]);
const input = {
  name: 'slow checkout',
  alert_type: 'slow_requests',
  severity: 'medium',
  conditions: { slower_than_ms: 500, requests: 2, window_minutes: 5, path: '/checkout' },
  group_by: 'region',
};
let cleanUp = new AsyncDisposableStack();
afterEach(async () => {
  await cleanUp.disposeAsync();
  cleanUp = new AsyncDisposableStack();
});

it('a rule of the installation’s own kind is validated like any other, and unknown to who does not bring it', () => {
  expect(validateRule(kinds, input)).toMatchObject({ ok: true });
  const wrong = { ...input, conditions: { ...input.conditions, requests: 0 } };
  expect(validateRule(kinds, wrong)).toMatchObject({ problems: [{ field: 'conditions.requests' }] });
  expect(validateRule(ruleKinds, input)).toMatchObject({ problems: [{ field: 'alert_type' }] });
});

it('a rule of the installation’s own kind alerts on what its test lets through', async () => {
  const runner = new InMemoryRunner();
  cleanUp.defer(() => runner.stop());
  await runner.createTopics(Object.values(topics));
  const now = Date.now() * 1000;
  const validation = validateRule(kinds, input);
  if (!validation.ok) throw new Error('valid above');
  await runner.write(topics.alertRules, [
    [
      'rule_slow',
      {
        ...validation.rule,
        id: 'rule_slow',
        project_id: 'shop',
        conditions: JSON.stringify(validation.rule.conditions),
        filter: null,
        revision: 1,
        version: 1,
        created_at: now,
        updated_at: now,
      },
    ],
  ]);
  const kafka = runner.broker.connect();
  const extensions = { ruleKinds: [slowRequests] };
  const deps = { kafka, logger: createLogger({ level: 'silent' }), metrics: new Metrics(), extensions };
  const role = await start(settings.parse({}), deps);
  cleanUp.defer(() => role.stop());
  const request = (path: string, duration_ms: number, region: string) => ({
    connection_id: 'conn_a',
    project_id: 'shop',
    provider: 'aws' as const,
    event_id: `${path} ${duration_ms}`,
    timestamp: now,
    timestamp_nanos: 0,
    observed_timestamp: now,
    ingest_timestamp: now,
    source: {},
    stream: 's',
    payload: JSON.stringify({ message: JSON.stringify({ level: 'info', msg: `GET ${path}`, duration_ms, region }) }),
    rewind_id: null,
  });
  const requests = [
    request('/checkout', 501, 'eu'),
    request('/checkout', 80, 'eu'),
    request('/checkout', 900, 'us'),
    request('/search', 950, 'eu'),
    request('/checkout/pay', 700, 'eu'),
  ];
  await runner.write(
    topics.rawAws,
    requests.map((each) => [each.connection_id, each] as const),
  );
  await runner.start(normaliserTopology);
  const alerts = async () => (await runner.read(topics.alerts)).map(({ value }) => value);
  await expect.poll(async () => (await alerts()).length, { timeout: 20_000 }).toBe(1);
  const [alert] = await alerts();
  expect(alert).toMatchObject({ event: 'fired', group: 'eu', value: 2, threshold: 2 });
  expect(alert?.lines.map(({ body }) => body).sort()).toEqual(['GET /checkout', 'GET /checkout/pay']);
});
