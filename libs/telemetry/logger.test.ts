import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';

function capture(level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  const logger = createLogger({ level, destination: { write: (line) => void lines.push(line) } });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') };
}

describe('logger', () => {
  it('writes one JSON object a line with level, time, message and the fields of its children', () => {
    const { logger, last } = capture();
    logger.child({ role: 'ingest' }).child({ connection: 'conn_1' }).info({ events: 3 }, 'a page was committed');
    expect(last()).toMatchObject({
      level: 'info',
      role: 'ingest',
      connection: 'conn_1',
      events: 3,
      msg: 'a page was committed',
    });
    expect(Date.parse(last().time)).not.toBeNaN();
  });

  it('keeps quiet below its level', () => {
    const { logger, lines } = capture();
    logger.debug('each poll');
    expect(lines).toEqual([]);
    logger.level = 'debug';
    logger.debug('each poll');
    expect(lines).toHaveLength(1);
  });

  it.each([
    ['a field', { secret_access_key: 'hunter2' }],
    ['a deep field', { config: { azure: [{ clientSecret: 'hunter2' }] } }],
    ['an object under a secret name', { credentials_json: { client_email: 'a', key: 'hunter2' } }],
    ['a header', { headers: { Authorization: 'Bearer hunter2hunter2' } }],
    ['a password in a URL', { url: 'postgres://tailrace:hunter2@db:5432/logs' }],
    ['a token in a query', { url: '/api/v1/live-logs/ws/demo?token=hunter2&x=1' }],
    ['a private key in text', { note: '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----' }],
  ])('never prints a secret: %s', (_, fields) => {
    const { logger, lines, last } = capture();
    logger.info(fields, 'configured');
    logger.child(fields).info('configured');
    for (const line of lines) expect(line).not.toContain('hunter2');
    expect(last().msg).toBe('configured');
  });

  it('masks a token in the message itself', () => {
    const { logger, last } = capture();
    const token = `eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(20)}.${'b'.repeat(43)}`;
    logger.info(`refused ${token} at once`);
    expect(last().msg).toBe('refused [redacted] at once');
  });

  it('leaves what only resembles a secret', () => {
    const { logger, last } = capture();
    logger.info({ tokens: 4, key: 'conn_1', access_key_id: 'AKIA', url: 'http://127.0.0.1:8080/a?b=c' }, 'state');
    expect(last()).toMatchObject({
      tokens: 4,
      key: 'conn_1',
      access_key_id: 'AKIA',
      url: 'http://127.0.0.1:8080/a?b=c',
    });
  });

  it('logs an error with its code, remedy and causes, and nothing else of it', () => {
    const { logger, last, lines } = capture();
    const cause = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', request: { body: 'hunter2' } });
    const err = new TailraceError('the broker is unreachable', {
      code: 'kafka.connection_lost',
      remedy: 'reconnect',
      help: 'start it',
      cause,
    });
    logger.warn({ err }, 'retrying');
    expect(last().err).toMatchObject({
      type: 'TailraceError',
      message: 'the broker is unreachable',
      code: 'kafka.connection_lost',
      remedy: 'reconnect',
      help: 'start it',
      cause: { message: 'socket hang up', code: 'ECONNRESET' },
    });
    expect(lines.join()).not.toContain('hunter2');
  });

  it('survives an error that is its own cause', () => {
    const { logger, lines } = capture();
    const err = new Error('loop');
    err.cause = err;
    logger.error({ err }, 'odd');
    expect(lines).toHaveLength(1);
  });
});
