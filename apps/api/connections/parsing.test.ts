import { afterEach, describe, expect, it } from 'vitest';
import { newConnection, startTestApi, type TestApi, tokenFor } from '../test-api.ts';

const opened: TestApi[] = [];
afterEach(async () => {
  for (const api of opened.splice(0)) await api.close();
});

async function start(): Promise<TestApi> {
  const api = await startTestApi();
  opened.push(api);
  return api;
}

const pay = {
  name: 'pay',
  pattern: '^%{TIMESTAMP_ISO8601:time} (?P<sev>\\w) %{NUMBER:duration}ms (?P<message>.*)',
  level: { group: 'sev', map: { K: 'error' } },
};
const refund = { name: 'refund', pattern: '^refund (?P<message>.*)' };

async function create(api: TestApi, rules?: unknown): Promise<string> {
  const body = { ...newConnection(), ...(rules !== undefined && { parsing_rules: rules }) };
  const created = await api.call('/connections', { method: 'POST', body });
  expect(created.status).toBe(201);
  return created.body.id;
}

describe('the parsing rules of a connection', () => {
  it('come with it, and are given back', async () => {
    const api = await start();
    const id = await create(api, [pay]);
    const { body } = await api.call(`/connections/${id}`);
    expect(body.parsing).toEqual({ version: 1, changed_at: expect.any(String), rules: [pay] });
  });

  it('count their changes, and nothing else does', async () => {
    const api = await start();
    const id = await create(api);
    const put = async (body: unknown) => (await api.call(`/connections/${id}`, { method: 'PUT', body })).body;
    expect((await put({ connection_name: 'other' })).parsing).toEqual({ version: 0, changed_at: null, rules: [] });
    expect((await put({ parsing_rules: [] })).parsing.version).toBe(0);
    expect((await put({ parsing_rules: [pay, refund] })).parsing.version).toBe(1);
    const same = await put({ parsing_rules: [pay, refund] });
    expect([same.parsing.version, same.version]).toEqual([1, 3]);
    expect((await put({ parsing_rules: [refund, pay] })).parsing.version).toBe(2);
    expect((await put({ connection_config: { region: 'us-east-1' } })).parsing.version).toBe(2);
    expect((await put({ parsing_rules: [] })).parsing).toMatchObject({ version: 3, rules: [] });
  });

  it('are refused with every wrong field, and nothing is changed', async () => {
    const api = await start();
    const id = await create(api, [pay]);
    const rules = [
      { ...pay, pattern: '(' },
      { ...pay, message: 'm' },
    ];
    const refused = await api.call(`/connections/${id}`, { method: 'PUT', body: { parsing_rules: rules } });
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toEqual([
      { field: 'body.parsing_rules.0.pattern', message: expect.stringContaining('opens a group that is not closed') },
      { field: 'body.parsing_rules.1.name', message: expect.stringContaining('earlier rule') },
      {
        field: 'body.parsing_rules.1.message',
        message: expect.stringContaining('it has time, sev, duration, message'),
      },
    ]);
    const strange = await api.call(`/connections/${id}`, {
      method: 'PUT',
      body: { parsing_rules: [{ ...pay, time: 5 }] },
    });
    expect(strange.body.errors).toEqual([expect.objectContaining({ field: 'body.parsing_rules.0.time' })]);
    expect((await api.call(`/connections/${id}`)).body.parsing).toMatchObject({ version: 1, rules: [pay] });
    expect(
      (await api.call('/connections', { method: 'POST', body: { ...newConnection(), parsing_rules: rules } })).status,
    ).toBe(422);
  });

  it('change only by those who may, and on the version that they saw', async () => {
    const api = await start();
    const id = await create(api);
    const put = (options: object) =>
      api.call(`/connections/${id}`, { method: 'PUT', body: { parsing_rules: [pay] }, ...options });
    expect((await put({ token: await tokenFor('viewer') })).status).toBe(403);
    expect((await put({ headers: { 'if-match': '"7"' } })).status).toBe(412);
    expect((await put({ headers: { 'if-match': '"1"' } })).status).toBe(200);
  });
});

describe('a preview', () => {
  const lines = [
    '2026-01-02T10:11:12Z K 12.5ms no stock',
    '2026-01-02T10:11:12Z K fast',
    'ERROR: what',
    'refund refused',
  ];
  const preview = (api: TestApi, id: string, body: unknown, token?: string) =>
    api.call(`/connections/${id}/parsing/preview`, { method: 'POST', body, ...(token !== undefined && { token }) });

  it('says what becomes of each line, by which rule, and why not by another', async () => {
    const api = await start();
    const id = await create(api);
    const { status, body } = await preview(api, id, { parsing_rules: [pay, refund], lines });
    expect(status).toBe(200);
    expect(body).toMatchObject({ taken: { pay: 1, refund: 1 }, untaken: 2, missing: 0 });
    expect(body.lines).toMatchObject([
      {
        text: lines[0],
        rule: 'pay',
        parser: 'rule:pay',
        level: 'error',
        severity_text: 'K',
        time: '2026-01-02T10:11:12Z',
        message: 'no stock',
        attributes: { duration: '12.5' },
        misses: [],
        raw: null,
      },
      {
        rule: null,
        misses: [
          {
            rule: 'pay',
            reason: 'it fits ^%{TIMESTAMP_ISO8601:time} (?P<sev>\\w)  and nothing behind that fits %{NUMBER:duration}',
          },
          { rule: 'refund', reason: 'it fits ^ and nothing behind that fits r' },
        ],
      },
      { rule: null, level: 'error', message: 'what' },
      { rule: 'refund', message: 'refused', misses: [{ rule: 'pay' }] },
    ]);
  });

  it('says which groups hold no time and no level that is known', async () => {
    const api = await start();
    const id = await create(api);
    const rules = [{ name: 'a', pattern: '^(?P<time>\\S+) (?P<level>\\S+) (?P<message>.*)' }];
    const { body } = await preview(api, id, { parsing_rules: rules, lines: ['noon loud hello'] });
    expect(body.lines[0]).toMatchObject({
      level: null,
      message: 'hello',
      attributes: { time: 'noon', level: 'loud' },
      unread: [
        { group: 'time', use: 'time', text: 'noon' },
        { group: 'level', use: 'level', text: 'loud' },
      ],
    });
  });

  it('tries the rules that are stored where none are given, and changes nothing', async () => {
    const api = await start();
    const id = await create(api, [refund]);
    const { body } = await preview(api, id, { lines });
    expect(body.taken).toEqual({ refund: 1 });
    expect((await api.call(`/connections/${id}`)).body.version).toBe(1);
  });

  it('refuses rules that cannot be used as saving them would', async () => {
    const api = await start();
    const id = await create(api);
    const { status, body } = await preview(api, id, { parsing_rules: [{ ...pay, pattern: 'a*' }], lines });
    expect([status, body.errors[0].field]).toEqual([422, 'body.parsing_rules.0.pattern']);
  });

  it('ends within its time, whatever the rules and the lines', async () => {
    const api = await start();
    const id = await create(api);
    const slow = { name: 'slow', pattern: '(?P<x>(?:a?){480}a{480})b', multiline: true };
    const began = performance.now();
    const { status, body } = await preview(api, id, {
      parsing_rules: [slow],
      lines: Array.from({ length: 20 }, () => 'a'.repeat(3000)),
    });
    expect(status).toBe(200);
    expect(body.lines.length + body.missing).toBe(20);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it('is of the caller’s connections alone, and needs the stored lines where none are given', async () => {
    const api = await start();
    const id = await create(api);
    const other = await tokenFor('viewer', ['other']);
    expect((await preview(api, id, { parsing_rules: [pay], lines }, other)).status).toBe(404);
    expect((await preview(api, id, { parsing_rules: [pay], lines }, await tokenFor('viewer'))).status).toBe(200);
    expect((await preview(api, id, { parsing_rules: [pay] })).status).toBe(503);
  });
});
