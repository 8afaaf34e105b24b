import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Message } from './message.ts';
import { messageText, plainText } from './message-text.ts';
import { openOutgoing } from './outgoing/outgoing.ts';
import { channelKinds } from './registry.ts';
import { testAlert } from './test-alerts.ts';
import { type Received, startReceiver } from './test-receiver.ts';

const hostile = '<script>alert(1)</script> <!channel> <@U1> & "q" ```code``` \r\nBcc: eve@example.com \u202e';

function message(changes: Partial<Message> = {}): Message {
  const alert = testAlert({ rule_name: `Errors ${hostile}`, lines: [{ ...testAlert().lines[0]!, body: hostile }] });
  return {
    idempotencyKey: 'ntf_1',
    channelName: 'On call',
    items: [{ id: 'ntf_1', transition: 'fired', alert }],
    isTest: false,
    publicUrl: 'https://logs.example',
    ...changes,
  };
}

function storm(count: number): Message {
  const items = Array.from({ length: count }, (_, index) => ({
    id: `ntf_${index}`,
    transition: index % 5 === 4 ? ('resolved' as const) : ('fired' as const),
    alert: testAlert({ id: `alert_${index}`, rule_id: `rule_${index % 4}` }),
  }));
  const [first, ...rest] = items;
  if (first === undefined) throw new Error('empty');
  return message({ items: [first, ...rest] });
}

let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

async function send(type: string, config: Record<string, unknown>, sent = message(), allowlist = [receiver.host]) {
  const channel = channelKinds
    .get(type)
    ?.configure(config)
    .open({ outgoing: openOutgoing({ allowlist, timeoutMs: 3000 }) });
  if (!channel) throw new Error(type);
  return channel.send(sent, { signal: AbortSignal.timeout(5000) });
}

const bodyOf = (received: Received | undefined) => JSON.parse(received?.body ?? '');

describe('the words', () => {
  it('of one alert are its own, in one line; of many, counts', () => {
    expect(messageText(message()).title).not.toMatch(/[\r\n\u202e]/);
    const text = messageText(storm(23));
    expect(text.title).toBe('23 alerts of 4 rules: 19 fired, 4 resolved');
    expect([text.sections.length, text.omitted]).toEqual([10, 13]);
    expect(plainText(text)).toContain('and 13 more');
  });

  it('link to the lines', () => {
    const [section] = messageText(message()).sections;
    expect(section?.link).toBe(
      'https://logs.example/projects/demo/live?from=2026-01-31T11%3A55%3A10.000Z&to=2026-01-31T12%3A00%3A10.000Z&connections=conn_a',
    );
  });
});

describe('what would do something to a terminal, a page or a reader without being seen', () => {
  const invisible = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/u;
  const poison = 'a\u001b[2Jb\u009bc\u202ed\u2066e\ufefff\u2028g';
  const poisoned = () => {
    const alert = testAlert({
      rule_name: poison,
      group_by: 'host',
      group: poison,
      lines: [{ ...testAlert().lines[0]!, body: poison }],
    });
    return message({ channelName: poison, items: [{ id: 'ntf_1', transition: 'fired', alert }] });
  };
  const texts = (value: unknown): string[] =>
    typeof value === 'string'
      ? [value]
      : Object.values(typeof value === 'object' && value !== null ? value : {}).flatMap(texts);

  it.each([
    ['a webhook', 'webhook', () => ({ url: `${receiver.url}/x` })],
    ['Slack', 'slack', () => ({ webhook_url: `${receiver.url}/services/T/B/secret` })],
    [
      'SendGrid',
      'email',
      () => ({
        from: 'a@example.com',
        to: ['b@example.com'],
        provider: 'sendgrid',
        sendgrid_api_key: 'SG.x',
        sendgrid_endpoint: receiver.url,
      }),
    ],
  ])('is written out in what goes to %s', async (_, type, config) => {
    await send(type, config(), poisoned());
    const sent = texts(bodyOf(receiver.received[0]));
    expect(sent.filter((each) => invisible.test(each))).toEqual([]);
    expect(sent.some((each) => each.includes('a\\u001b[2Jb\\u009bc\\u202ed'))).toBe(true);
  });

  it('is written out in what goes to Jira', async () => {
    receiver.react(({ method }) =>
      method === 'GET'
        ? { status: 200, body: '{"issues":[]}' }
        : { status: 201, body: JSON.stringify({ id: '1', key: 'OPS-1' }) },
    );
    const config = { url: receiver.url, email: 'ops@example.com', api_token: 'hunter2', project_key: 'OPS' };
    await send('jira', config, poisoned());
    const sent = texts(bodyOf(receiver.received.find(({ method }) => method === 'POST')));
    expect(sent.filter((each) => invisible.test(each))).toEqual([]);
    expect(sent.some((each) => each.includes('\\u202ed'))).toBe(true);
  });
});

describe('webhook', () => {
  it('posts Alertmanager’s payload with a signature and a key', async () => {
    const signing_secret = 'a secret of the receiver'.replaceAll(' ', '-');
    await send('webhook', { url: `${receiver.url}/x`, signing_secret, bearer_token: 'tok' }, storm(12));
    const [request] = receiver.received;
    expect(bodyOf(request)).toMatchObject({
      version: '4',
      status: 'firing',
      receiver: 'On call',
      groupKey: expect.any(String),
      truncatedAlerts: 0,
      groupLabels: { alertname: 'Checkout errors', project: 'demo' },
      commonLabels: { severity: 'high', project: 'demo' },
      externalURL: 'https://logs.example',
    });
    const { alerts } = bodyOf(request);
    expect(alerts).toHaveLength(12);
    expect(alerts[0]).toMatchObject({
      status: 'firing',
      labels: { alertname: 'Checkout errors', rule_id: 'rule_0' },
      startsAt: '2026-01-31T12:00:00.000Z',
      endsAt: '0001-01-01T00:00:00Z',
      fingerprint: 'alert_0',
      generatorURL: expect.stringContaining('https://logs.example/projects/demo/live?'),
      annotations: { lines: '2026-01-31T12:00:00.000Z no stock' },
    });
    expect(alerts[4].status).toBe('resolved');
    expect(alerts[11].annotations.lines).toBeUndefined();
    const [, time, mac] = /^t=(\d+),v1=([0-9a-f]+)$/.exec(String(request?.headers['x-tailrace-signature'])) ?? [];
    expect(mac).toBe(createHmac('sha256', signing_secret).update(`${time}.${request?.body}`).digest('hex'));
    expect(request?.headers).toMatchObject({ 'idempotency-key': 'ntf_1', authorization: 'Bearer tok' });
  });
});

describe('slack', () => {
  it('posts blocks in which a log line is text: no mention, no link, no end of the code block', async () => {
    await send('slack', { webhook_url: `${receiver.url}/services/T/B/secret` });
    const body = bodyOf(receiver.received[0]);
    expect(body.text).toContain('&lt;!channel&gt;');
    expect(JSON.stringify(body)).not.toMatch(/<[!@]/);
    const code = body.blocks.find((each: { text: { text: string } }) => each.text.text.startsWith('```')).text.text;
    expect(code.split('```')).toHaveLength(3);
    expect(code).toContain('&amp;');
    expect(JSON.stringify(body.blocks)).toContain(
      '?from=2026-01-31T11%3A55%3A10.000Z&amp;to=2026-01-31T12%3A00%3A10.000Z&amp;connections=conn_a|Open the log>',
    );
  });

  it('keeps within Slack’s limits, however much there is to send', async () => {
    const lines = Array.from({ length: 10 }, () => ({ ...testAlert().lines[0]!, body: '&<>'.repeat(333) }));
    const items = storm(50).items.map((item) => ({ ...item, alert: { ...item.alert, lines } }));
    await send('slack', { webhook_url: receiver.url }, message({ items: [items[0]!, ...items.slice(1)] }));
    const { blocks } = bodyOf(receiver.received[0]);
    expect(blocks.length).toBeLessThanOrEqual(50);
    for (const { type, text } of blocks) expect(text.text.length).toBeLessThanOrEqual(type === 'header' ? 150 : 3000);
  });

  it('does not reveal its address, which is its secret, in what it reports', async () => {
    receiver.react(({ path }) => ({ status: 404, body: `no such hook: ${path}` }));
    const refused = send('slack', { webhook_url: `${receiver.url}/services/T/B/secret` });
    await expect(refused).rejects.toThrow('404 no such hook: [redacted]');
  });
});

describe('jira', () => {
  const config = () => ({ url: receiver.url, email: 'ops@example.com', api_token: 'hunter2', project_key: 'OPS' });
  /** A Jira that finds issues by their labels. @param refuses comments that it does not take */
  function answerAsJira(refuses: (path: string) => boolean = () => false): Map<string, string[]> {
    const issues = new Map<string, string[]>();
    receiver.react(({ method, path, body }) => {
      if (method === 'GET') {
        const jql = new URL(path, receiver.url).searchParams.get('jql') ?? '';
        const label = /labels = "([^"]+)"/.exec(jql)?.[1] ?? '';
        const found = [...issues]
          .filter(([, labels]) => labels.includes(label))
          .map(([key, labels]) => ({ key, fields: { labels } }));
        return { status: 200, body: JSON.stringify({ issues: found }) };
      }
      if (path.endsWith('/comment')) return refuses(path) ? { status: 503 } : { status: 201, body: '{}' };
      if (method === 'PUT') {
        const [{ add }] = JSON.parse(body).update.labels;
        issues.get(path.split('/').at(-1) ?? '')?.push(add);
        return { status: 204, body: '' };
      }
      const key = `OPS-${issues.size + 1}`;
      issues.set(key, JSON.parse(body).fields.labels);
      return { status: 201, body: JSON.stringify({ id: '1', key }) };
    });
    return issues;
  }

  it('makes one issue however often it is sent, and comments on it when the alert ends', async () => {
    const issues = answerAsJira();
    expect((await send('jira', config())).answer).toBe('created OPS-1');
    expect((await send('jira', config())).answer).toBe('OPS-1 was created before');
    const [item] = message().items;
    const resolved = message({ idempotencyKey: 'ntf_2', items: [{ ...item, id: 'ntf_2', transition: 'resolved' }] });
    expect((await send('jira', config(), resolved)).answer).toBe('commented on OPS-1');
    expect(issues.size).toBe(1);
    const created = receiver.received.find(({ path, method }) => method === 'POST' && path === '/rest/api/3/issue');
    expect(bodyOf(created).fields).toMatchObject({
      project: { key: 'OPS' },
      issuetype: { name: 'Task' },
      description: { type: 'doc', version: 1 },
      labels: expect.arrayContaining(['tailrace-ntf_1', `tailrace-${item.alert.id}`]),
    });
    expect(created?.headers.authorization).toBe(`Basic ${Buffer.from('ops@example.com:hunter2').toString('base64')}`);
  });

  it('comments once on each issue of a message that is sent again, and once more when somebody has it sent again', async () => {
    let refused = 0;
    const issues = answerAsJira((path) => path.includes('OPS-2') && refused++ === 0);
    const [item] = message().items;
    const items = ['a', 'b'].map((id) => ({ ...item, id: `ntf_${id}`, alert: { ...item.alert, id: `alert_${id}` } }));
    for (const each of items) await send('jira', config(), message({ idempotencyKey: each.id, items: [each] }));
    const [first, second] = items.map((each) => ({ ...each, id: `${each.id}_end`, transition: 'resolved' as const }));
    const both = message({ idempotencyKey: 'ntf_a_end-and-1', items: [first!, second!] });
    await expect(send('jira', config(), both)).rejects.toMatchObject({ failure: 'busy' });
    expect((await send('jira', config(), both)).answer).toBe('OPS-1 was commented on before; commented on OPS-2');
    // A person’s request is sent again, whatever it is grouped with.
    const asked = message({ idempotencyKey: 'ntf_b_end-and-1', items: [second!, { ...first!, resends: 1 }] });
    for (const each of [asked, asked]) await send('jira', config(), each);
    const comments = receiver.received
      .filter(({ path }) => path.endsWith('/comment'))
      .map(({ path }) => path.split('/').at(-2));
    // The one that was refused, and its repetition.
    expect(comments).toEqual(['OPS-1', 'OPS-2', 'OPS-2', 'OPS-1']);
    expect(issues.size).toBe(2);
  });

  it('reports what it commented on, also where it may set no label', async () => {
    answerAsJira();
    const [item] = message().items;
    await send('jira', config());
    receiver.react(({ method }) => {
      if (method === 'PUT') return { status: 400, body: 'no labels here' };
      return { status: 200, body: JSON.stringify({ issues: [{ key: 'OPS-1' }] }) };
    });
    const resolved = message({ items: [{ ...item, transition: 'resolved' }] });
    const { answer } = await send('jira', config(), resolved);
    expect(answer).toBe('commented on OPS-1, which took no label: 400 no labels here');
  });

  it('reports what it could not find, and what is no Jira', async () => {
    answerAsJira();
    const [item] = message().items;
    const resolved = message({ items: [{ ...item, transition: 'resolved' }] });
    expect((await send('jira', config(), resolved)).answer).toContain('no issue of');
    receiver.react(() => ({ status: 200, body: '<html>' }));
    await expect(send('jira', config())).rejects.toMatchObject({ failure: 'channel_refused' });
  });
});

describe('email', () => {
  const mails: string[] = [];
  let reply: Error | undefined;
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_address, _session, callback) => callback(reply ?? null),
    onData: (stream, _session, callback) => {
      let mail = '';
      stream.on('data', (part) => {
        mail += part;
      });
      stream.on('end', () => {
        mails.push(mail);
        callback();
      });
    },
  });
  let port = 0;
  beforeEach(async () => {
    mails.length = 0;
    reply = undefined;
    if (port !== 0) return;
    const listening = server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const address = listening.address();
    port = typeof address === 'object' && address ? address.port : 0;
  });

  const config = (changes: object = {}) => ({
    from: 'tailrace@example.com',
    to: ['ops@example.com', 'dev@example.com'],
    smtp_host: '127.0.0.1',
    smtp_port: port,
    smtp_tls: 'none',
    ...changes,
  });
  const mail = (sent = message(), changes: object = {}) => send('email', config(changes), sent, [`127.0.0.1:${port}`]);

  it('arrives with a text and an HTML part in which a log line is text, and a stable Message-ID', async () => {
    await mail();
    await mail();
    expect(mails).toHaveLength(2);
    const [first = ''] = mails;
    expect(first).toContain('Message-ID: <ntf_1@example.com>');
    expect(mails[1]).toContain('Message-ID: <ntf_1@example.com>');
    expect(first).toContain('multipart/alternative');
    const headers = first.slice(0, first.indexOf('\r\n\r\n'));
    expect(headers).not.toMatch(/^Bcc:/im);
    expect(headers).toMatch(/^To: ops@example.com, dev@example.com/m);
    const decoded = first
      .replaceAll(/=\r\n/g, '')
      .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    expect(decoded).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(decoded).not.toMatch(/<pre>[^<]*<script>/);
    expect(decoded.slice(decoded.indexOf('<html>'))).not.toContain('<script>');
  });

  it.each([
    [550, 'channel_refused'],
    [451, 'busy'],
  ])('refused with %i is %s', async (responseCode, failure) => {
    reply = Object.assign(new Error('no'), { responseCode });
    await expect(mail()).rejects.toMatchObject({ failure });
  });

  it('demands TLS unless the operator allows the host without, and never calls a private host that is not allowed', async () => {
    await expect(mail(message(), { smtp_tls: 'starttls' })).rejects.toMatchObject({ failure: 'channel_refused' });
    await expect(send('email', config(), message(), [])).rejects.toMatchObject({ failure: 'channel_refused' });
    await expect(send('email', config({ smtp_tls: 'starttls' }), message(), [])).rejects.toMatchObject({
      message: expect.stringContaining('is not a public address'),
    });
    expect(mails).toEqual([]);
  });

  it('goes by SendGrid with the text part first', async () => {
    receiver.react(() => ({ status: 202, body: '' }));
    const sendgrid = { provider: 'sendgrid', sendgrid_api_key: 'SG.hunter2', sendgrid_endpoint: receiver.url };
    const { from, to } = config();
    expect((await send('email', { from, to, ...sendgrid })).answer).toBe('202');
    const [request] = receiver.received;
    expect([request?.path, request?.headers.authorization]).toEqual(['/v3/mail/send', 'Bearer SG.hunter2']);
    expect(bodyOf(request)).toMatchObject({
      personalizations: [{ to: [{ email: 'ops@example.com' }, { email: 'dev@example.com' }] }],
      content: [{ type: 'text/plain' }, { type: 'text/html' }],
      headers: { 'X-Tailrace-Notification': 'ntf_1' },
    });
  });

  it('goes by SES where its endpoint is the region’s own or the operator’s', async () => {
    receiver.react(() => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"MessageId":"m-1"}',
    }));
    const ses = {
      provider: 'ses',
      ses_region: 'eu-central-1',
      ses_access_key_id: 'AKIAIOSFODNN7EXAMPLE',
      ses_secret_access_key: 'hunter2',
      ses_endpoint: receiver.url,
    };
    const { from, to } = config();
    expect((await send('email', { from, to, ...ses })).answer).toBe('accepted as m-1');
    const body = bodyOf(receiver.received[0]);
    expect(body).toMatchObject({ FromEmailAddress: from, Destination: { ToAddresses: to } });
    expect(body.Content.Simple.Headers).toContainEqual({ Name: 'X-Tailrace-Notification', Value: 'ntf_1' });
    await expect(send('email', { from, to, ...ses }, message(), [])).rejects.toMatchObject({
      failure: 'channel_refused',
      message: expect.stringContaining('NOTIFICATION_ENDPOINT_ALLOWLIST'),
    });
    const error = { name: 'TooManyRequestsException', message: 'slow down' };
    receiver.react(() => ({
      status: 429,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.name },
      body: JSON.stringify(error),
    }));
    await expect(send('email', { from, to, ...ses })).rejects.toMatchObject({ failure: 'busy' });
  });

  it('asks for what its provider needs, and takes no line end into an address', () => {
    const kind = channelKinds.get('email');
    const wrong = (changes: object) =>
      kind?.configSchema.safeParse(config(changes)).error?.issues.map(({ path }) => path[0]);
    expect(wrong({ smtp_host: undefined })).toEqual(['smtp_host']);
    expect(wrong({ provider: 'sendgrid' })).toEqual(['sendgrid_api_key']);
    expect(wrong({ provider: 'ses' })).toEqual(['ses_region', 'ses_access_key_id', 'ses_secret_access_key']);
    expect(wrong({ smtp_user: 'me' })).toEqual(['smtp_password']);
    expect(wrong({ from: 'a@example.com\r\nBcc: eve@example.com' })).toContain('from');
    expect(wrong({ to: ['a@example.com\nBcc: eve@example.com'] })).toContain('to');
  });
});
