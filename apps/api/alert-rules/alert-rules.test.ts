import { testRule } from '@tailrace/alert-rules/test-rules.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { newChannel, newRule, startTestApi, type TestApi, tokenFor } from '../test-api.ts';

const opened: TestApi[] = [];
afterEach(async () => {
  for (const api of opened.splice(0)) await api.close();
});

async function start(options: Parameters<typeof startTestApi>[0] = {}): Promise<TestApi> {
  const api = await startTestApi(options);
  opened.push(api);
  return api;
}

const post = (api: TestApi, fields: Readonly<Record<string, unknown>> = {}) =>
  api.call('/alert-rules', { method: 'POST', body: newRule(fields) });

async function create(api: TestApi, fields: Readonly<Record<string, unknown>> = {}) {
  const answer = await post(api, fields);
  expect([answer.status, answer.text]).toEqual([201, expect.anything()]);
  return answer;
}

function put(
  api: TestApi,
  id: string,
  fields: Readonly<Record<string, unknown>>,
  headers: Record<string, string> = {},
) {
  const { project_id: _, ...body } = newRule(fields);
  return api.call(`/alert-rules/${id}`, { method: 'PUT', body, headers });
}

/** An expression whose automaton is small. */
const thousandParts = Array.from({ length: 125 }, (_, index) => `word${100 + index}`).join('|');

const patternRule = (name: string, pattern: string, fields: object = {}) => ({
  name,
  alert_type: 'pattern_match',
  conditions: { pattern, case_sensitive: true },
  ...fields,
});

describe('an alert rule', () => {
  it('is created with its defaults, and read again as it was answered', async () => {
    const api = await start();
    const created = await create(api);
    expect(created.body).toEqual({
      id: expect.stringMatching(/^rule_[0-9a-f]{24}$/),
      project_id: 'demo',
      name: 'Errors',
      alert_type: 'error_rate',
      severity: 'high',
      enabled: true,
      conditions: { threshold: 10, window_minutes: 5, cooldown_minutes: 15 },
      filter: null,
      group_by: null,
      cooldown_minutes: 15,
      notification_channels: ['in_app'],
      revision: 1,
      version: 1,
      not_evaluated: null,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    const read = await api.call(`/alert-rules/${created.body.id}`);
    expect([read.body, read.headers.get('etag')]).toEqual([created.body, '"1"']);
    expect((await api.call('/alert-rules/demo')).body).toEqual({ rules: [created.body] });
    expect(created.headers.get('location')).toBe(`/api/v1/live-logs/alert-rules/${created.body.id}`);
  });

  it('takes back what it answers: reading, sending and reading again changes nothing', async () => {
    const api = await start();
    const { body } = await create(api, { filter: { level: 'error', regex: 'a|b' }, group_by: 'service.name' });
    const { id, project_id, revision, version, not_evaluated, created_at, updated_at, ...input } = body;
    const again = await api.call(`/alert-rules/${id}`, { method: 'PUT', body: input });
    expect([again.status, again.body]).toEqual([200, body]);
  });

  it('counts every change, and apart from that what changes the counting', async () => {
    const api = await start();
    const { id } = (await create(api)).body;
    const steps: [object, number, number][] = [
      [{ name: 'Many errors', severity: 'low', enabled: false }, 2, 1],
      [{ name: 'Many errors', severity: 'low', enabled: false, cooldown_minutes: 1 }, 3, 2],
      [{ conditions: { threshold: 11, window_minutes: 5 } }, 4, 3],
      [{ alert_type: 'pattern_match', conditions: { pattern: 'boom' } }, 5, 4],
      [{ alert_type: 'pattern_match', conditions: { pattern: 'boom' }, filter: { level: 'warn' } }, 6, 5],
    ];
    for (const [fields, version, revision] of steps) {
      const { status, body } = await put(api, id, { ...fields });
      expect([status, body.version, body.revision]).toEqual([200, version, revision]);
    }
  });

  it('starts over when it is turned on again, and not when it is turned off', async () => {
    const api = await start();
    const { id } = (await create(api)).body;
    const steps: [boolean, number, number][] = [
      [false, 2, 1],
      [true, 3, 2],
      [true, 3, 2],
    ];
    for (const [enabled, version, revision] of steps) {
      const { status, body } = await put(api, id, { enabled });
      expect([status, body.version, body.revision]).toEqual([200, version, revision]);
    }
  });

  it('is replaced and deleted only in the version that was seen', async () => {
    const api = await start();
    const { id } = (await create(api)).body;
    expect((await put(api, id, { name: 'B' }, { 'if-match': '"1"' })).status).toBe(200);
    const stale = await put(api, id, { name: 'C' }, { 'if-match': '"1"' });
    expect([stale.status, stale.headers.get('etag')]).toEqual([412, '"2"']);
    const path = `/alert-rules/${id}`;
    expect((await api.call(path, { method: 'DELETE', headers: { 'if-match': '"1"' } })).status).toBe(412);
    expect((await api.call(path, { method: 'DELETE' })).status).toBe(204);
    expect((await api.call(path)).status).toBe(404);
  });

  it('is seen by its project alone', async () => {
    const api = await start();
    const { id } = (await create(api)).body;
    const token = await tokenFor('admin', ['other']);
    for (const method of ['GET', 'DELETE']) {
      expect((await api.call(`/alert-rules/${id}`, { method, token })).status).toBe(404);
    }
    expect((await api.call('/alert-rules/demo', { token })).status).toBe(404);
    expect((await api.call('/alert-rules/other', { token })).body).toEqual({ rules: [] });
  });

  it('names channels by id or name, and is stored with their ids', async () => {
    const api = await start();
    const { id } = (await api.call('/channels', { method: 'POST', body: newChannel() })).body;
    const { body } = await create(api, { notification_channels: ['in_app', 'On call', id] });
    expect(body.notification_channels).toEqual(['in_app', id]);
  });

  it('has a name of its own within the project, and the project only so many', async () => {
    const api = await start({ alertRulesPerProject: 2 });
    const { id } = (await create(api)).body;
    expect((await post(api)).body.errors).toEqual([{ field: 'body.name', message: 'is the name of another rule' }]);
    const other = (await create(api, { name: 'Other' })).body.id;
    expect((await put(api, other, {})).status).toBe(422);
    expect((await put(api, id, { severity: 'low' })).status).toBe(200);
    expect((await post(api, { name: 'Third' })).body.detail).toContain('2 alert rules');
  });

  it('is refused when the expressions of its project would cost more than they may, and says what to do', async () => {
    const api = await start();
    const names = Array.from({ length: 51 }, (_, index) => `Rule ${index}`);
    const answers = await Promise.all(names.map((name) => post(api, patternRule(name, thousandParts))));
    const accepted = answers.filter(({ status }) => status === 201);
    expect(accepted).toHaveLength(49);
    const message =
      "costs 1001 parts, and the regular expressions of a project's alert rules may cost 50000 in all, of which the rules that are on have 49049. Shorten the expression or repeat less in it, or turn off or delete a rule";
    const refused = answers.find(({ status }) => status === 422);
    expect(refused?.body).toMatchObject({
      errors: [{ field: 'body.conditions.pattern', message }],
      detail: `body.conditions.pattern: ${message}`,
    });
    const { id, name } = accepted[0]?.body ?? {};
    expect((await put(api, id, patternRule(name, thousandParts, { severity: 'low' }))).status).toBe(200);
    expect((await post(api, patternRule('Small', 'timeout|refused'))).status).toBe(201);
    const off = (await create(api, patternRule('Off', thousandParts, { enabled: false }))).body;
    expect((await put(api, off.id, patternRule('Off', thousandParts))).status).toBe(422);
    expect((await put(api, id, patternRule(name, thousandParts, { enabled: false }))).status).toBe(200);
    expect((await put(api, off.id, patternRule('Off', thousandParts))).status).toBe(200);
  });

  it('is refused sooner where some lines would make its expression slow, in the field that costs most', async () => {
    const api = await start();
    const names = Array.from({ length: 34 }, (_, index) => `Rule ${index}`);
    const answers = await Promise.all(
      names.map((name) => post(api, { name, filter: { regex: '[ab]*a[ab]{12}[cd]' } })),
    );
    expect(answers.map(({ status }) => status)).toEqual([...Array(33).fill(201), 422]);
    expect(answers.at(-1)?.body.errors).toEqual([
      { field: 'body.filter.regex', message: expect.stringMatching(/costs 1500 parts.*counts 20 times.*write \.\*/) },
    ]);
  });

  it('shows that it is not evaluated, and why, where the rules that are stored cost too much together', async () => {
    const api = await start();
    const stored = (id: number, fields: Partial<AlertRule> = {}): AlertRule => {
      const conditions = JSON.stringify({ pattern: thousandParts, case_sensitive: true });
      const about = { id: `rule_${id}`, project_id: 'demo', name: `Rule ${id}`, created_at: id };
      return testRule({ ...about, alert_type: 'pattern_match', conditions, ...fields });
    };
    const rules = Array.from({ length: 51 }, (_, index) => stored(index));
    const others = [
      stored(51, { enabled: false }),
      stored(52, { alert_type: 'weather' }),
      stored(53, { project_id: 'other' }),
    ];
    const producer = await api.kafka.producer();
    for (const rule of [...rules, ...others]) {
      const partition = partitionFor(rule.id, topics.alertRules.partitions);
      const record = { topic: topics.alertRules.name, partition, key: Buffer.from(rule.id) };
      await producer.send([{ ...record, value: topics.alertRules.codec.encode(rule) }]);
    }
    await vi.waitFor(() => expect(api.rules.table.size).toBe(54));
    const { body } = await api.call('/alert-rules/demo');
    const reasons = body.rules.flatMap(({ id, not_evaluated: reason }: { id: string; not_evaluated: string | null }) =>
      reason === null ? [] : [[id, reason]],
    );
    expect(new Map(reasons)).toEqual(
      new Map([
        ['rule_49', expect.stringContaining('50000 parts')],
        ['rule_50', expect.stringContaining('turn off or delete a rule')],
        ['rule_52', expect.stringContaining('weather')],
      ]),
    );
    expect((await api.call('/alert-rules/rule_50')).body.not_evaluated).toEqual(expect.any(String));
    await api.call('/alert-rules/rule_0', { method: 'DELETE' });
    expect((await api.call('/alert-rules/rule_49')).body.not_evaluated).toBeNull();
  });

  it.each([
    [{ alert_type: 'weather' }, 'body.alert_type', 'error_rate'],
    [{ conditions: {} }, 'body.conditions.threshold', 'lines a minute'],
    [{ conditions: { threshold: 0, window_minutes: 5 } }, 'body.conditions.threshold', ''],
    [{ conditions: { threshold: 1, window_minutes: 1441 } }, 'body.conditions.window_minutes', '1440'],
    [{ conditions: { threshold: 1, window_minutes: 1, colour: 1 } }, 'body.conditions.colour', 'not a field'],
    [
      { alert_type: 'pattern_match', conditions: { pattern: '(a' } },
      'body.conditions.pattern',
      'opens a group that is not closed',
    ],
    [{ alert_type: 'pattern_match', conditions: { pattern: '(?=a)' } }, 'body.conditions.pattern', 'RE2'],
    [{ alert_type: 'log_level', conditions: { log_levels: ['LOUD'] } }, 'body.conditions.log_levels', ''],
    [{ alert_type: 'absence', group_by: 'host', conditions: { window_minutes: 5 } }, 'body.group_by', 'connection'],
    [
      { cooldown_minutes: 5, conditions: { threshold: 1, window_minutes: 1, cooldown_minutes: 6 } },
      'body.cooldown',
      '',
    ],
    [{ notification_channels: ['pager'] }, 'body.notification_channels.0', 'pager'],
    [{ severity: 'urgent' }, 'body.severity', 'critical'],
    [{ filter: { regex: '(' } }, 'body.filter.regex', ''],
  ])('that is wrong is refused with the field and the reason: %j', async (fields, field, reason) => {
    const api = await start();
    const { status, body } = await post(api, fields);
    expect([status, body.errors]).toEqual([422, expect.anything()]);
    const named = body.errors.find((each: { field: string }) => each.field.startsWith(field));
    expect(named, JSON.stringify(body.errors)).toBeDefined();
    expect(named.message.toLowerCase()).toContain(reason.toLowerCase());
  });
});
