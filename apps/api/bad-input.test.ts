import { notificationKey } from '@tailrace/channels/notification-key.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type Answer,
  type Call,
  jwtSecret,
  newChannel,
  newConnection,
  newRule,
  startTestApi,
  type TestApi,
  tokenFor,
} from './test-api.ts';

/**
 * Every route of the OpenAPI document is asked everything that is wrong. A route that is added is tested without a line
 * here, and one that is missing from the document is not behind a token either.
 */
const prefix = '/api/v1/live-logs';
const roles = ['viewer', 'editor', 'admin'] as const;

const typed = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.looseObject({ type: z.string().default('object') })).optional(),
});
const parameterSchema = z.object({ name: z.string(), in: z.enum(['path', 'query', 'header']), schema: typed });
const bodySchema = z.object({ properties: z.record(z.string(), typed), required: z.array(z.string()).optional() });
const operationSchema = z.object({
  'x-required-role': z.enum(roles),
  summary: z.string().optional(),
  parameters: z.array(parameterSchema).default([]),
  requestBody: z.object({ content: z.object({ 'application/json': z.object({ schema: bodySchema }) }) }).optional(),
  responses: z.record(z.string(), z.unknown()),
});
const documentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

interface Operation extends z.output<typeof operationSchema> {
  readonly method: string;
  readonly path: string;
  readonly body: z.output<typeof bodySchema> | undefined;
}

let api: TestApi;
let operations: Operation[] = [];
let connectionId = '';
let ruleId = '';
let replayId = '';
let channelId = '';

beforeAll(async () => {
  api = await startTestApi();
  const { body } = await api.call('/connections', { method: 'POST', body: newConnection() });
  connectionId = body.id;
  ruleId = (await api.call('/alert-rules', { method: 'POST', body: newRule() })).body.id;
  replayId = (await api.call('/replays', { method: 'POST', body: newReplay })).body.id;
  channelId = (await api.call('/channels', { method: 'POST', body: newChannel() })).body.id;
  await writeNotification();
  const { paths } = documentSchema.parse((await api.call('/./openapi.json', { token: null })).body);
  operations = Object.entries(paths)
    .filter(([path]) => path.startsWith(prefix))
    .flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, operation]) => {
        // Signing out asks for nothing.
        if (method === 'delete' && path === `${prefix}/session`) return [];
        const parsed = operationSchema.parse(operation);
        const json = parsed.requestBody?.content['application/json'].schema;
        return { ...parsed, method: method.toUpperCase(), path: path.slice(prefix.length), body: json };
      }),
    );
});
afterAll(() => api.close());

const lineId = '0'.repeat(32);
/** Only looks, so that it is in no other's way. */
const newReplay = { project_id: 'demo', from: '-1h', mode: 'shadow' };

/** An id that exists, or could: alerts are in the database, which is unreachable here. */
function idFor(path: string): string {
  if (path.startsWith('/alert-rules/')) return ruleId;
  if (path.startsWith('/replays/')) return replayId;
  if (path.startsWith('/channels/')) return channelId;
  if (path.startsWith('/notifications/')) return notification.id;
  if (path === '/alerts/{id}') return 'demo';
  return path.startsWith('/alerts/') ? 'alert_0123456789abcdef01234567' : connectionId;
}

const notification = {
  id: 'ntf_1',
  project_id: 'demo',
  alert_id: 'alert_0123456789abcdef01234567',
  rule_id: 'rule_1',
  channel_id: 'chan_1',
  channel_name: null,
  channel_type: null,
  transition: 'fired' as const,
  sequence: 1,
  alert: Buffer.alloc(0),
  status: 'pending' as const,
  resends: 0,
  attempts: 0,
  last_answer: null,
  created_at: 0,
  next_attempt_at: null,
  deadline_at: 0,
  sent_at: null,
  grouped_into: null,
};

async function writeNotification(): Promise<void> {
  const { name: topic, codec, partitions } = topics.notifications;
  const key = notificationKey(notification);
  const producer = await api.kafka.producer();
  const partition = partitionFor(notification.channel_id, partitions);
  await producer.send([{ topic, partition, key: Buffer.from(key), value: codec.encode(notification) }]);
  await producer.close();
  await api.notifications.table.until(key, (value) => value !== undefined, AbortSignal.timeout(20_000));
}

/** The operation's address with ids that exist, unless others are given. */
function addressOf({ path }: Operation, ids: { project?: string; id?: string } = {}): string {
  return path
    .replace('{project_id}', ids.project ?? 'demo')
    .replace('/context/{id}', `/context/${lineId}?timestamp=2026-01-01T00:00:00Z`)
    .replace('/fields/values', '/fields/values?field=status')
    .replace('{topic}/{partition}/{offset}', 'logs.raw.aws/0/0')
    .replace('{id}', ids.id ?? idFor(path));
}

async function ask(operation: Operation, call: Call, address = addressOf(operation)): Promise<Answer> {
  const body =
    operation.body === undefined || call.text !== undefined ? {} : { body: call.body ?? validBody(operation) };
  const answer = await api.call(address, { method: operation.method, ...body, ...call });
  if (answer.status >= 400) {
    expect(answer.headers.get('content-type'), `${operation.method} ${address}`).toContain('application/problem+json');
    expect(answer.body, answer.text).toMatchObject({
      title: expect.any(String),
      status: answer.status,
      request_id: expect.any(String),
    });
  }
  return answer;
}

function validBody({ path, method }: Operation): object {
  if (path === '/ws-tickets') return { project_id: 'demo' };
  if (path === '/replays') return newReplay;
  if (path === '/dead-letters/replay') return { project_id: 'demo', letters: [{ partition: 0, offset: 0 }] };
  if (path.endsWith('/rewind')) return { to: '-1h' };
  if (path.endsWith('/parsing/preview')) return { parsing_rules: [] };
  if (path.startsWith('/channels')) return method === 'PUT' ? { channel_name: 'On call' } : newChannel();
  if (path === '/alert-rules') return newRule();
  if (path === '/alert-rules/backtest') {
    const { project_id, ...rule } = newRule();
    return { project_id, rule };
  }
  if (path === '/alert-rules/{id}') {
    const { project_id: _, ...rule } = newRule();
    return rule;
  }
  return method === 'PUT' ? { connection_name: 'Shop' } : newConnection();
}

function each(test: (operation: Operation) => Promise<void>): () => Promise<void> {
  return async () => {
    for (const operation of operations) await test(operation);
  };
}

const enough = (operation: Operation) => tokenFor(operation['x-required-role']);

it('the document holds the whole API', () => {
  const routes = operations.map(({ method, path }) => `${method} ${path}`).sort();
  expect(routes).toEqual([
    'DELETE /alert-rules/{id}',
    'DELETE /channels/{id}',
    'DELETE /connections/{id}',
    'GET /alert-rules/{id}',
    'GET /alert-types',
    'GET /alerts/{id}',
    'GET /alerts/{id}/notifications',
    'GET /channel-types',
    'GET /channels/{id}',
    'GET /connections/{id}',
    'GET /connections/{id}/parsing-stats',
    'GET /connections/{id}/stats',
    'GET /connectors',
    'GET /dead-letters/{project_id}',
    'GET /replays/{id}',
    'GET /session',
    'GET /stream/{project_id}',
    'GET /stream/{project_id}/aggregate',
    'GET /stream/{project_id}/context/{id}',
    'GET /stream/{project_id}/fields',
    'GET /stream/{project_id}/fields/values',
    'GET /stream/{project_id}/histogram',
    'GET /stream/{project_id}/raw/{topic}/{partition}/{offset}',
    'POST /alert-rules',
    'POST /alert-rules/backtest',
    'POST /alerts/{id}/read',
    'POST /channels',
    'POST /channels/{id}/test',
    'POST /connections',
    'POST /connections/{id}/parsing/preview',
    'POST /connections/{id}/pause',
    'POST /connections/{id}/rewind',
    'POST /connections/{id}/start',
    'POST /connections/{id}/stop',
    'POST /connections/{id}/test',
    'POST /credentials/rotate',
    'POST /dead-letters/replay',
    'POST /notifications/{id}/resend',
    'POST /replays',
    'POST /replays/{id}/cancel',
    'POST /replays/{id}/pause',
    'POST /replays/{id}/resume',
    'POST /session',
    'POST /session/renew',
    'POST /ws-tickets',
    'PUT /alert-rules/{id}',
    'PUT /channels/{id}',
    'PUT /connections/{id}',
  ]);
});

it('the document is whole: every reference resolves, every operation says what it does and what may go wrong', async () => {
  const { text, body } = await api.call('/./openapi.json', { token: null });
  const schemas = Object.keys(body.components.schemas);
  const references = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]);
  expect(body.openapi).toBe('3.1.1');
  expect(schemas).toEqual(expect.arrayContaining([...new Set(references)]));
  expect(schemas).toEqual(expect.arrayContaining(['Problem', 'Connection', 'LogLine']));
  for (const operation of operations) {
    expect([operation.path, operation.summary]).toEqual([operation.path, expect.stringMatching(/\w/)]);
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['401', '403']));
  }
});

describe('tokens', () => {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: 'eve', projects: ['demo'], role: 'admin' };
  const sign = (payload: object, alg = 'HS256', secret = jwtSecret.reveal()) =>
    new SignJWT({ ...payload }).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
  const unsigned = () => {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${encode({ alg: 'none' })}.${encode({ ...claims, exp: now + 600 })}.`;
  };
  it.each([
    ['none', async () => null],
    ['junk', async () => 'junk'],
    ['an expired one', () => tokenFor('admin', ['demo'], -60)],
    ['an unsigned one', async () => unsigned()],
    [
      'one signed with another secret',
      () => sign({ ...claims, exp: now + 600 }, 'HS256', 'another secret of thirty-two bytes'),
    ],
    ['one of another algorithm', () => sign({ ...claims, exp: now + 600 }, 'HS512')],
    ['one without an end', () => sign(claims)],
    ['one without projects', () => sign({ sub: 'eve', role: 'admin', exp: now + 600 })],
    ['one of an unknown role', () => sign({ ...claims, role: 'root', exp: now + 600 })],
  ])('%s: 401 everywhere', async (_, make) => {
    const token = await make();
    await each(async (operation) => {
      const answer = await ask(operation, { token });
      expect([operation.path, answer.status]).toEqual([operation.path, 401]);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    })();
  });

  it(
    'of a lower role are answered with 403, and nothing happens',
    each(async (operation) => {
      for (const role of roles.slice(0, roles.indexOf(operation['x-required-role']))) {
        const { status } = await ask(operation, { token: await tokenFor(role) });
        expect([operation.path, status]).toEqual([operation.path, 403]);
      }
      expect(api.connections.table.get(connectionId)?.version).toBe(1);
    }),
  );

  it(
    'of another project are answered with 404 and the body of an unknown id, or 403 for a project in the body',
    each(async (operation) => {
      const token = await tokenFor('admin', ['other']);
      const names = /\{(project_id|id)\}/.test(operation.path);
      const inBody = operation.body?.properties.project_id !== undefined && !names;
      if (!names && !inBody) return;
      // That an alert is another project's is known to the database alone: see alerts/alerts.int.test.ts.
      if (operation.path === '/alerts/{id}/read') return;
      const foreign = await ask(operation, { token });
      expect([operation.path, foreign.status]).toEqual([operation.path, inBody ? 403 : 404]);
      if (inBody) return;
      const unknown = await ask(
        operation,
        { token },
        addressOf(operation, { project: 'nobody', id: `conn_${'0'.repeat(24)}` }),
      );
      expect({ ...unknown.body, request_id: '' }).toEqual({ ...foreign.body, request_id: '' });
      expect(api.connections.table.get(connectionId)?.version).toBe(1);
    }),
  );
});

describe('ids', () => {
  const odd = [
    'conn_',
    'conn_x',
    '%00',
    '..%2F..%2Fetc',
    '%E2%80%AE',
    "'%3B--",
    'x'.repeat(199),
    'x'.repeat(5000),
    '%F0%9F%92%A9',
    '__proto__',
    'constructor',
  ];
  it(
    'that nobody has are answered with 404 or a clear refusal',
    each(async (operation) => {
      if (!/\{(project_id|id)\}/.test(operation.path)) return;
      for (const id of odd) {
        const { status } = await ask(
          operation,
          { token: await enough(operation) },
          addressOf(operation, { project: id, id }),
        );
        expect([404, 414, 422], `${operation.method} ${operation.path} with ${id}`).toContain(status);
      }
    }),
  );
});

describe('places of raw events', () => {
  it.each([
    ['logs.raw.aws/0/0', 404],
    ['logs.raw.aws/9999/0', 404],
    ['logs.raw.aws/0/9007199254740991', 404],
    ['logs/0/0', 404],
    ['connections/0/0', 404],
    ['__proto__/0/0', 404],
    ['..%2Fconnections/0/0', 404],
    ['logs.raw.aws/-1/0', 422],
    ['logs.raw.aws/0/-1', 422],
    ['logs.raw.aws/0/1.5', 422],
    ['logs.raw.aws/0/9007199254740992', 422],
    ['logs.raw.aws/x/0', 422],
    ['logs.raw.aws/0/NaN', 422],
    ['logs.raw.aws/10001/0', 422],
  ])('%s: %i', async (place, expected) => {
    const { status, body } = await api.call(`/stream/demo/raw/${place}`);
    expect(status).toBe(expected);
    if (expected === 422) expect(body.errors[0].field).toMatch(/^params\.(partition|offset)$/);
  });
});

describe('bodies', () => {
  const withBody = (test: (operation: Operation, token: string) => Promise<void>) =>
    each(async (operation) => {
      if (operation.body !== undefined) await test(operation, await enough(operation));
    });

  it(
    'that are no JSON are refused with 400, of another type with 415, too large with 413, too deep with 422',
    withBody(async (operation, token) => {
      const wrong: [string, number, Call][] = [
        ['cut short', 400, { text: '{"connection_name": "a"' }],
        ['empty', 400, { text: '', headers: { 'content-type': 'application/json' } }],
        ['prototype', 400, { text: '{"__proto__":{"admin":true}}' }],
        ['not UTF-8 JSON', 400, { text: '\u0000' }],
        ['XML', 415, { text: '<a/>', headers: { 'content-type': 'text/xml' } }],
        ['form', 415, { text: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
        ['too large', 413, { text: JSON.stringify({ connection_name: 'x'.repeat(100_000) }) }],
        ['deep', 422, { text: `{"connection_config":${'['.repeat(5000)}${']'.repeat(5000)}}` }],
      ];
      for (const [what, expected, call] of wrong) {
        const { status } = await ask(operation, { token, ...call });
        expect([operation.path, what, status]).toEqual([operation.path, what, expected]);
      }
    }),
  );

  it(
    'of another JSON type are refused with 422',
    withBody(async (operation, token) => {
      for (const text of ['null', '[]', '"text"', '1', 'true', '[{}]']) {
        const { status } = await ask(operation, { token, text });
        expect([operation.path, text, status]).toEqual([operation.path, text, 422]);
      }
    }),
  );

  it(
    'with a wrong, missing or unknown field are refused with 422, which names it',
    withBody(async (operation, token) => {
      const valid = validBody(operation);
      const values: Record<string, unknown> = {
        string: 'x',
        number: 1,
        boolean: true,
        null: null,
        array: [],
        object: {},
      };
      for (const [field, { type, anyOf }] of Object.entries(operation.body?.properties ?? {})) {
        const types = anyOf?.map((one) => one.type) ?? [type];
        for (const [kind, value] of Object.entries(values)) {
          if (types.includes(kind === 'number' && types.includes('integer') ? 'integer' : kind)) continue;
          const { status, body } = await ask(operation, { token, body: { ...valid, [field]: value } });
          expect([operation.path, field, kind, status]).toEqual([operation.path, field, kind, 422]);
          expect(JSON.stringify(body.errors)).toContain(`body.${field}`);
        }
      }
      for (const field of operation.body?.required ?? []) {
        const { [field]: _, ...rest } = Object.fromEntries(Object.entries(valid));
        expect((await ask(operation, { token, body: rest })).body.errors[0].field).toBe(`body.${field}`);
      }
      expect((await ask(operation, { token, body: { ...valid, surprise: 1 } })).status).toBe(422);
      for (const name of ['', ' ', 'a\u0000b', 'x'.repeat(101)]) {
        if (operation.body?.properties.connection_name === undefined) continue;
        expect((await ask(operation, { token, body: { ...valid, connection_name: name } })).status).toBe(422);
      }
    }),
  );
});

describe('names and reasons', () => {
  const unseen = {
    'an escape sequence': 'Checkout\u001b[2J',
    'a line end': 'Checkout\nAll is well',
    'a turn of the direction': 'Check\u202etuo',
    'no width': 'Check\u200bout',
    'a line separator': 'Check\u2028out',
    'half a character': 'Checkout\ud83d',
    'a tag': 'Checkout\u{e0041}',
  };
  type Wrong = readonly [place: string, field: string, request: () => readonly [string, string, object]];
  const places: readonly Wrong[] = [
    ['a connection', 'body.connection_name', () => ['POST', '/connections', newConnection()]],
    ['a renamed connection', 'body.connection_name', () => ['PUT', `/connections/${connectionId}`, {}]],
    ['a channel', 'body.channel_name', () => ['POST', '/channels', newChannel()]],
    ['an alert rule', 'body.name', () => ['POST', '/alert-rules', newRule()]],
    ['a rewind', 'body.reason', () => ['POST', `/connections/${connectionId}/rewind`, { to: '-1h' }]],
  ];

  it.each(places)(
    'that hold what cannot be seen are refused with the field and the reason: of %s',
    async (_, field, request) => {
      const [method, path, given] = request();
      for (const [what, text] of Object.entries(unseen)) {
        const name = field.slice('body.'.length);
        const { status, body } = await api.call(path, { method, body: { ...given, [name]: text } });
        expect([what, status, body.errors]).toEqual([
          what,
          422,
          [{ field, message: 'must not hold control or invisible characters' }],
        ]);
      }
    },
  );

  it('of any script, with emoji, are taken', async () => {
    for (const name of ['Größe', '支払い', 'می‌خواهم', 'On call 👩‍🚒']) {
      const { status } = await api.call('/connections', {
        method: 'POST',
        body: { ...newConnection(), connection_name: name },
      });
      expect([name, status]).toEqual([name, 201]);
    }
  });
});

describe('query parameters', () => {
  /** What each parameter that is not free text must refuse. */
  const refused: Readonly<Record<string, readonly string[]>> = {
    status: ['shut', ''],
    severity: ['urgent'],
    rule_id: [''],
    unread: ['yes', ''],
    limit: ['-1', '0', '1001', '1.5', 'x', ''],
    buckets: ['-1', '0', '1001', 'x'],
    from: ['yesterday', '-15', '2026-13-01T00:00:00Z', '2015-01-01T00:00:00Z', '2030-01-01T00:00:00Z', '-1y'],
    to: ['soon', '-9999d', '2016-01-01T00:00:00Z'],
    before: ['junk', 'W10', Buffer.from('[1,2]').toString('base64url'), Buffer.from('["x","y"]').toString('base64url')],
    after: ['junk', Buffer.from('[-1,"00000000000000000000000000000000"]').toString('base64url')],
    query: ['(', 'level:loud', '/(/', 'a OR', 'x'.repeat(4001)],
    parser: ['', 'x'.repeat(101)],
    level: ['loud', 'WARN', ''],
    levels: ['loud', 'error,loud', ','],
    filter: ['{', '[]x', '7', '{"surprise":1}', '{"regex":"("}', '{"text":7}', `{"text":"${'x'.repeat(1001)}"}`],
    regex: ['(', '(?=a)', String.raw`(a)\1`, '(x{1000}){1000}', '*'],
    attribute: ['novalue', '=x'],
    exclude_attribute: ['novalue'],
    trace_id: ['xyz', 'A'.repeat(32)],
    timestamp: ['now', 'x', ''],
    text: ['x'.repeat(1001), ''],
    exclude: [''],
    stream: [''],
    connection: [','],
    cursor: [
      'junk',
      'W10',
      Buffer.from('[1,"x"]').toString('base64url'),
      Buffer.from('[-1]').toString('base64url'),
      Buffer.from('{}').toString('base64url'),
    ],
    reason: ['', 'x'],
    functions: ['median', '', 'sum', 'count,p0', 'p100', 'count,'],
    field: ['', 'body', 'x'.repeat(257)],
    unit: ['length', 'number', ''],
    by: ['', 'body', 'flags', 'x'.repeat(257)],
    top: ['0', '101', 'x'],
    step: ['fast', '0s', '5', '1ms', '-1m'],
    sample: ['0', '20001', 'x'],
    values: ['-1', '101', 'x'],
    prefix: ['x'.repeat(201)],
  };

  it(
    'that are wrong are refused with 422, which names them',
    each(async (operation) => {
      const token = await enough(operation);
      const [path = '', given = ''] = addressOf(operation).split('?');
      for (const { name, in: place } of operation.parameters) {
        if (place !== 'query') continue;
        const values = refused[name] ?? (operation.path.includes('context') ? ['-1', '201', 'x'] : undefined);
        expect(values, `${name} has no wrong values in this test`).toBeDefined();
        const wrong = operation.path.includes('context') && name !== 'timestamp' ? ['-1', '201', 'x'] : (values ?? []);
        for (const value of wrong) {
          const query = new URLSearchParams(given);
          query.set(name, value);
          const { status, body } = await ask(operation, { token }, `${path}?${query}`);
          expect([operation.path, name, value, status]).toEqual([operation.path, name, value, 422]);
          expect(JSON.stringify(body.errors)).toContain('"field":"querystring');
        }
      }
    }),
  );

  it('that are hostile but valid text reach the database, which is unreachable here, and are answered with 503', async () => {
    const hostile = ["'; drop table logs; --", '%_\\', '\u0000', '\ud800', '<script>', '{{7*7}}', '(a+)+$'];
    for (const text of hostile) {
      const query = new URLSearchParams({
        text,
        exclude: text,
        regex: '(a+)+$',
        attribute: `${text}=${text}`,
        stream: text,
      });
      const { status, headers } = await api.call(`/stream/demo?${query}`);
      expect([text, status]).toEqual([text, 503]);
      expect(headers.get('retry-after')).toBe('2');
    }
  });

  it('that nobody knows, such as a misspelt one, are refused with 422', async () => {
    const { status, body } = await api.call('/stream/demo?sevrity=error');
    expect([status, body.detail]).toEqual([422, expect.stringContaining('sevrity')]);
  });

  it('before and after together are refused with 422', async () => {
    const cursor = Buffer.from(JSON.stringify([1, '0'.repeat(32)])).toString('base64url');
    expect((await api.call(`/stream/demo?before=${cursor}&after=${cursor}`)).status).toBe(422);
  });
});

it(
  'other methods: 405 that says which there are',
  each(async (operation) => {
    const address = addressOf(operation).split('?')[0] ?? '';
    const takes = ({ path }: Operation) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(address);
    const signOut = operation.path === '/session' ? ['DELETE'] : [];
    const known = [...operations.filter(takes).map(({ method }) => method), ...signOut];
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'].filter((each) => !known.includes(each))) {
      const answer = await api.call(addressOf(operation), { method });
      expect([operation.path, method, answer.status]).toEqual([operation.path, method, 405]);
      for (const allowed of known) expect(answer.headers.get('allow')).toContain(allowed);
    }
  }),
);

it('left the process alive, and nothing failed inside', async () => {
  expect((await api.call('/./healthz', { token: null })).status).toBe(200);
  const failures = api.logLines
    .map((line) => JSON.parse(line))
    .filter((line) => line.level === 'error' && line.status !== 503);
  expect(failures).toEqual([]);
});
