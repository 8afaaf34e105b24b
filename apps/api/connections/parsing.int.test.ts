import { createTestDatabase, type TestDatabase } from '@tailrace/postgres/test-database.ts';
import { testRecord } from '@tailrace/postgres/test-records.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newConnection, startTestApi, type TestApi, tokenFor } from '../test-api.ts';

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ databaseUrl: database.url });
});
afterAll(async () => {
  await api?.close();
  await database?.drop();
});

it('the api shows how well the newest lines of a connection are understood, and its filter finds the others', async () => {
  const { body: connection } = await api.call('/connections', { method: 'POST', body: newConnection() });
  const path = `/connections/${connection.id}/parsing-stats`;
  expect((await api.call(path)).body).toMatchObject({ lines: 0, with_level: 0, with_time: 0, plain: 0, parsers: [] });

  const now = Date.now() * 1000;
  const line = (index: number, fields: Parameters<typeof testRecord>[1]) =>
    testRecord(index, { connection_id: connection.id, timestamp: now - index * 60_000_000, ...fields });
  const time = { 'log.time': '2026-01-01T00:00:00Z' };
  await database.store([
    line(1, { parser: 'java', attributes: time }),
    line(2, { parser: 'json', severity_number: 0, attributes: time }),
    line(3, { parser: 'java', attributes: time }),
    line(4, { parser: 'plain', severity_number: 0, body: 'whatever' }),
    line(5, { parser: 'plain', connection_id: 'conn_other' }),
    line(6, { parser: 'plain', timestamp: now - 2 * 86_400_000_000 }),
  ]);
  const { status, body } = await api.call(path);
  expect([status, body]).toEqual([
    200,
    {
      connection_id: connection.id,
      since: expect.stringMatching(/^\d{4}-/),
      ...{ lines: 4, with_level: 2, with_time: 3, plain: 1 },
      parsers: [
        { parser: 'java', lines: 2 },
        { parser: 'json', lines: 1 },
        { parser: 'plain', lines: 1 },
      ],
    },
  ]);
  const { body: found } = await api.call(`/stream/demo?from=-1d&connection=${connection.id}&parser=plain`);
  expect(found.logs.map((each: { body: string }) => each.body)).toEqual(['whatever']);
  expect((await api.call(path, { token: await tokenFor('viewer', ['other']) })).status).toBe(404);
});
