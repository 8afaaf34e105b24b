import { createPrivateKey, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

/**
 * The worst that one tenant can do, all at once and for so long: expressions and queries that take long to compile, keys
 * that take long to read, searches, fetches, backtests and replays by the dozen, sockets and answers that nobody reads,
 * handshakes and requests that are refused. From several addresses of this machine, in a process of its own. Prints one
 * JSON line when it is done: how often which attack was answered with what.
 *
 * Environment: API, FANOUT (base addresses), ADDRESSES (to come from, separated by commas), PROJECT, VIEWERS (tokens, separated by commas), EDITOR (a token; without one
 * there is no attack that only an editor may make), SECONDS.
 */
const api = new URL(required('API'));
const fanout = new URL(required('FANOUT'));
const project = required('PROJECT');
const editor = process.env.EDITOR;
const viewers = required('VIEWERS').split(',');
const until = Date.now() + Number(required('SECONDS')) * 1000;

const addresses = required('ADDRESSES').split(',');
const agents = addresses.map((localAddress) => new Agent({ localAddress, keepAlive: true, maxSockets: 64 }));
const prefix = '/api/v1/live-logs';
const answers: Record<string, Record<string, number>> = {};
const isOn = () => Date.now() < until;
let turn = 0;
const next = <Item>(items: readonly Item[]): Item => items[turn++ % items.length] as Item;

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

function note(attack: string, answer: number | string): void {
  const counts = answers[attack] ?? {};
  answers[attack] = counts;
  counts[answer] = (counts[answer] ?? 0) + 1;
}

/** Asks, and takes the answer. */
function ask(attack: string, method: string, path: string, token: string, body?: object, headers = {}): Promise<void> {
  return new Promise((resolve) => {
    const outgoing = request(
      new URL(prefix + path, api),
      {
        method,
        agent: next(agents),
        headers: {
          authorization: `Bearer ${token}`,
          ...(body && { 'content-type': 'application/json' }),
          ...headers,
        },
        timeout: 30_000,
      },
      (response) => {
        note(attack, response.statusCode ?? 0);
        response.resume().on('close', resolve);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => {
      note(attack, 'cut');
      resolve();
    });
    outgoing.end(body && JSON.stringify(body));
  });
}

/** So many at a time, one after the other, with a breath in between. */
async function keepAsking(atOnce: number, pauseMs: number, step: () => Promise<unknown>): Promise<void> {
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (isOn()) {
        await step();
        await delay(pauseMs);
      }
    }),
  );
}

function follow(attack: string, query: string, onOpen: (socket: WebSocket) => void): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(new URL(`${prefix}/ws/${project}${query}`, fanout).href.replace('http', 'ws'), {
      headers: { authorization: `Bearer ${next(viewers)}` },
      localAddress: next(addresses),
    });
    const end = setTimeout(() => socket.terminate(), Math.max(0, until - Date.now()));
    socket.on('open', () => {
      note(attack, 101);
      onOpen(socket);
    });
    socket.on('unexpected-response', (_request, response) => {
      note(attack, response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      clearTimeout(end);
      if (isOn()) note(attack, `closed ${code}`);
      resolve();
    });
  });
}

const hugeExpression = '(?i)\\pL{0,1000}'.repeat(60);
const slowExpression = '(?:.?){20}(?:.?){20}x{3}$';
const query = (fields: object) => encodeURIComponent(JSON.stringify(fields));
const rule = (pattern: string) => ({
  name: 'attack',
  alert_type: 'pattern_match',
  severity: 'low',
  conditions: { pattern, case_sensitive: false },
  cooldown_minutes: 5,
  notification_channels: [],
});

/** The text of a key whose arithmetic takes minutes: nothing about it needs to be right. */
function largeKey(): string {
  const bytes = 24_576 / 8;
  const part = (length: number) => randomBytes(length).fill(0xff, 0, 1).toString('base64url');
  const half = () => part(bytes / 2);
  const numbers = { n: part(bytes), d: part(bytes), p: half(), q: half(), dp: half(), dq: half(), qi: half() };
  const key = createPrivateKey({ key: { kty: 'RSA', e: 'AQAB', ...numbers }, format: 'jwk' });
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

const connection = (provider: string, config: object) => ({
  project_id: project,
  connection_name: 'attack',
  cloud_provider: provider,
  connection_config: config,
});

function expressions(): Promise<unknown> {
  return Promise.all([
    keepAsking(8, 50, () =>
      ask('huge expressions', 'GET', `/stream/${project}?filter=${query({ regex: hugeExpression })}`, next(viewers)),
    ),
    keepAsking(24, 20, () =>
      ask(
        'slow searches',
        'GET',
        `/stream/${project}?from=-3h&limit=1000&filter=${query({ regex: slowExpression })}`,
        next(viewers),
      ),
    ),
    keepAsking(6, 20, () =>
      ask(
        'slow histograms',
        'GET',
        `/stream/${project}/histogram?from=-3h&filter=${query({ regex: slowExpression })}`,
        next(viewers),
      ),
    ),
  ]);
}

/** What only an editor may ask for. */
function changes(editor: string): Promise<unknown> {
  const wildcards = `AppTraces | project-away ${'*a'.repeat(50)}`;
  const azure = {
    workspace_id: randomUuid(),
    tenant_id: randomUuid(),
    client_id: randomUuid(),
    client_secret: 'x',
    query: wildcards,
  };
  const account = { type: 'service_account', client_email: 'a@example.com', private_key: largeKey() };
  const replay = { project_id: project, from: '-1h', mode: 'shadow' };
  const gcp = { project_id: 'my-project', log_name: 'stdout', credentials_json: account };
  return Promise.all([
    keepAsking(2, 200, () => ask('queries with wildcards', 'POST', '/connections', editor, connection('azure', azure))),
    keepAsking(2, 200, () => ask('large keys', 'POST', '/connections', editor, connection('gcp', gcp))),
    keepAsking(2, 200, () =>
      ask('rules with huge expressions', 'POST', '/alert-rules', editor, {
        project_id: project,
        ...rule(hugeExpression),
      }),
    ),
    keepAsking(10, 100, () => ask('replays', 'POST', '/replays', editor, replay)),
  ]);
}

function randomUuid(): string {
  return crypto.randomUUID();
}

function longWork(): Promise<unknown> {
  const backtest = { project_id: project, rule: rule(slowExpression), from: '-1d' };
  return Promise.all([
    keepAsking(6, 50, () => ask('backtests', 'POST', '/alert-rules/backtest', next(viewers), backtest)),
    keepAsking(8, 50, () => ask('dead letters', 'GET', `/dead-letters/${project}`, next(viewers))),
  ]);
}

function sockets(): Promise<unknown> {
  const past = new Date(Date.now() - 3 * 3_600_000).toISOString();
  return Promise.all([
    // Nobody reads these; they ask for the past twice a second, and send signs of life that nobody asked for.
    keepAsking(10, 500, () =>
      follow('unread sockets', '', (socket) => {
        socket.pause();
        const timer = setInterval(() => {
          socket.send(JSON.stringify({ type: 'subscribe', filter: {}, from: past }));
          socket.pong('alive');
        }, 500);
        socket.once('close', () => clearInterval(timer));
      }),
    ),
    keepAsking(20, 500, () =>
      follow('fetches of three hours', '?paused=1', (socket) => {
        let end = '';
        const fetchAll = () =>
          socket.send(JSON.stringify({ type: 'fetch', from: past, to: end, filter: { regex: slowExpression } }));
        socket.on('message', (data) => {
          const frame = JSON.parse(data.toString());
          if (frame.type === 'hello') {
            end = frame.cursor;
            fetchAll();
          }
          if (frame.type === 'fetched') note('fetches of three hours', 'fetched');
          if (frame.type === 'error') note('fetches of three hours', frame.code);
          if (frame.type === 'fetched' || frame.type === 'error')
            setTimeout(() => socket.readyState === 1 && fetchAll(), 100);
        });
      }),
    ),
    keepAsking(40, 500, () =>
      follow(
        'viewers with slow filters',
        `?filter=${query({ regex: `${slowExpression}|${Math.random()}` })}`,
        () => undefined,
      ),
    ),
    keepAsking(10, 100, () =>
      follow('viewers with huge filters', `?filter=${query({ regex: hugeExpression })}`, () => undefined),
    ),
  ]);
}

/** Sockets on which nothing is read: refused handshakes, and answers as large as there are. */
function unread(): Promise<unknown> {
  const open = (attack: string, target: URL, path: string, headers: string) =>
    new Promise<void>((resolve) => {
      const socket = connect({ host: target.hostname, port: Number(target.port), localAddress: next(addresses) });
      const end = setTimeout(() => socket.destroy(), Math.min(20_000, Math.max(0, until - Date.now())));
      socket.pause();
      socket.write(`GET ${prefix}${path} HTTP/1.1\r\nHost: ${target.host}\r\n${headers}\r\n`);
      note(attack, 'sent');
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearTimeout(end);
        resolve();
      });
    });
  const upgrade =
    'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  return Promise.all([
    keepAsking(50, 100, () => open('handshakes without a token', fanout, `/ws/${project}`, upgrade)),
    keepAsking(25, 100, () =>
      open(
        'answers nobody reads',
        api,
        `/stream/${project}?from=-3h&limit=1000`,
        `Authorization: Bearer ${next(viewers)}\r\n`,
      ),
    ),
  ]);
}

function floods(): Promise<unknown> {
  let caller = 0;
  const elsewhere = () => ({ 'x-forwarded-for': `10.0.${(caller >> 8) & 255}.${caller++ & 255}` });
  return Promise.all([
    keepAsking(10, 5, () =>
      ask('requests with a bad token', 'GET', `/stream/${project}`, 'bad', undefined, elsewhere()),
    ),
    keepAsking(4, 50, () => ask('tickets', 'POST', '/ws-tickets', next(viewers), { project_id: project }, elsewhere())),
  ]);
}

await Promise.all([expressions(), longWork(), sockets(), unread(), floods(), editor && changes(editor)]);
process.stdout.write(`${JSON.stringify(answers)}\n`, () => process.exit(0));
