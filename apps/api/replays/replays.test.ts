import { testProgress, writeTestProgress } from '@tailrace/replays/test-progress.ts';
import type { ReplayProgress } from '@tailrace/schemas/generated/replay-progress.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newConnection, startTestApi, type TestApi, tokenFor } from '../test-api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-01T06:00:00Z' };
const ask = (fields: object = {}, token?: string) =>
  api.call('/replays', {
    method: 'POST',
    body: { project_id: 'demo', ...range, ...fields },
    ...(token !== undefined && { token }),
  });
const steer = (id: string, action: string) => api.call(`/replays/${id}/${action}`, { method: 'POST' });

async function connection(projectId = 'demo'): Promise<string> {
  const token = await tokenFor('editor', [projectId]);
  return (await api.call('/connections', { method: 'POST', body: newConnection({}, projectId), token })).body.id;
}

/** What the replayer writes. */
async function progressed(id: string, fields: Partial<ReplayProgress> = {}): Promise<void> {
  const progress = testProgress({
    ranges: [{ topic: 'logs.raw.aws', partition: 0, from_offset: 100, to_offset: 1100, next_offset: 600 }],
    matched: 400,
    written: 400,
    rate: 50,
    normaliser_version: 3,
    updated_at: 2,
    ...fields,
  });
  await writeTestProgress(api.kafka, id, progress);
  const { status } = progress;
  await expect.poll(() => api.replays.get(id)?.progress?.status).toBe(status);
}

describe('asking for a replay', () => {
  it('is refused with 429 while as many of the project have not ended as it may have, and others are not concerned', async () => {
    const created: string[] = [];
    for (let index = 0; index < 19; index += 1) created.push((await ask({ mode: 'shadow' })).body.id);
    // Asked for at once, they do not slip through together.
    const last = await Promise.all(Array.from({ length: 6 }, () => ask({ mode: 'shadow' })));
    expect(last.map(({ status }) => status).toSorted()).toEqual([202, 429, 429, 429, 429, 429]);
    const refused = last.find(({ status }) => status === 429);
    expect([refused?.body, refused?.headers.get('retry-after')]).toMatchObject([{ code: 'too_many_replays' }, '60']);
    expect((await ask({ project_id: 'other', mode: 'shadow' }, await tokenFor('editor', ['other']))).status).toBe(202);
    expect((await steer(created[0] ?? '', 'cancel')).status).toBe(200);
    expect((await ask({ mode: 'shadow' })).status).toBe(202);
  });

  it('answers at once with what will be done, and shows it alone and in the list', async () => {
    const id = await connection();
    const { status, body, headers } = await ask({ connection_ids: [id], mode: 'shadow', records_per_second: 500 });
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/api/v1/live-logs/replays/${body.id}`);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^rpl_[0-9a-f]{24}$/),
      connection_ids: [id],
      mode: 'shadow',
      status: 'pending',
      records_per_second: 500,
      created_by: 'a editor',
      progress: { read: 0, total: null, remaining_seconds: null },
      outcome: null,
    });
    expect((await api.call(`/replays/${body.id}`)).body).toEqual(body);
    expect((await api.call('/replays/demo')).body.replays).toEqual([body]);
  });

  it.each([
    ['from after to', { from: range.to, to: range.from }, 'body.from'],
    ['an empty range', { to: range.from }, 'body.from'],
    ['an unknown mode', { mode: 'maybe' }, 'body.mode'],
    ['no connections at all', { connection_ids: [] }, 'body.connection_ids'],
    ['a rate of nothing', { records_per_second: 0 }, 'body.records_per_second'],
    ['a field nobody knows', { speed: 1 }, 'body'],
  ])('refuses %s', async (_, fields, field) => {
    const { status, body } = await ask(fields);
    expect([status, JSON.stringify(body)]).toEqual([422, expect.stringContaining(field)]);
    expect((await api.call('/replays/demo')).body.replays).toEqual([]);
  });

  it('names an unknown connection, and another project’s is as unknown', async () => {
    for (const id of ['conn_nobody', await connection('other')]) {
      const { status, body } = await ask({ connection_ids: [id] });
      expect([status, body.detail]).toEqual([422, `body.connection_ids.0: the project has no connection ${id}`]);
    }
  });

  it('hides the replays of other projects', async () => {
    const { body } = await ask();
    const token = await tokenFor('editor', ['other']);
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/cancel'],
    ] as const) {
      const foreign = await api.call(`/replays/${body.id}${path}`, { method, token });
      const unknown = await api.call(`/replays/rpl_${'0'.repeat(24)}${path}`, { method, token });
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
    }
    expect((await ask({}, token)).status).toBe(403);
  });

  it('says how far back it can go when retention has removed what is older', async () => {
    const { name: topic } = topics.rawAws;
    const producer = await api.kafka.producer();
    const kept = Date.UTC(2026, 0, 1, 3);
    await producer.send(
      [kept - 10_000, kept].map((timestamp) => ({ topic, partition: 2, key: null, value: Buffer.of(1), timestamp })),
    );
    await producer.close();
    expect((await ask({ to: '2026-01-01T00:00:01Z' })).status).toBe(202);
    api.broker.truncate(topic, 2, 1);
    const { status, body } = await ask({ mode: 'shadow' });
    expect([status, body.detail]).toEqual([422, expect.stringContaining('2026-01-01T03:00:00.000Z')]);
    expect((await ask({ from: '2026-01-01T03:00:00Z' })).status).toBe(202);
  });

  it('says so also where retention has left nothing', async () => {
    const { name: topic } = topics.rawAws;
    const producer = await api.kafka.producer();
    await producer.send([{ topic, partition: 2, key: null, value: Buffer.of(1), timestamp: Date.UTC(2026, 0, 1) }]);
    await producer.close();
    api.broker.truncate(topic, 2, 1);
    const { status, body } = await ask({ from: '-10d', to: 'now' });
    expect([status, body.detail]).toEqual([422, expect.stringContaining('raw events are kept since')]);
    expect((await ask({ from: '-6h', to: 'now' })).status).toBe(202);
  });
});

describe('two replays of the same events', () => {
  it('409 names the other, until that has ended', async () => {
    const [one, two] = [await connection(), await connection()];
    const first = (await ask({ connection_ids: [one] })).body.id;
    for (const fields of [{}, { connection_ids: [two, one] }, { from: '2026-01-01T05:59:59Z', to: 'now' }]) {
      const { status, body } = await ask(fields);
      expect([status, body.code, body.detail]).toEqual([409, 'replay_overlaps', expect.stringContaining(first)]);
    }
    expect((await ask({ connection_ids: [two] })).status).toBe(202);
    expect((await ask({ connection_ids: [one], from: range.to, to: '2026-01-01T07:00:00Z' })).status).toBe(202);
    await progressed(first, { status: 'completed', finished_at: 3 });
    expect((await ask({ connection_ids: [one] })).status).toBe(202);
  });

  it('are not in each other’s way when one of them only compares', async () => {
    for (const mode of ['apply', 'shadow', 'shadow']) expect((await ask({ mode })).status).toBe(202);
    expect((await ask({ mode: 'apply' })).status).toBe(409);
  });

  it('one that was cancelled is in nobody’s way, though the replayer has not let go of it yet', async () => {
    const { id } = (await ask()).body;
    await progressed(id);
    await steer(id, 'cancel');
    expect((await ask()).status).toBe(202);
  });

  it('only one of many asked for at once is accepted', async () => {
    const statuses = (await Promise.all(Array.from({ length: 6 }, () => ask()))).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([202, 409, 409, 409, 409, 409]);
  });
});

describe('steering a replay', () => {
  it('pauses, resumes and cancels, each as often as one likes', async () => {
    const { id } = (await ask()).body;
    await progressed(id);
    for (const [action, status] of [
      ['pause', 'paused'],
      ['pause', 'paused'],
      ['resume', 'running'],
      ['resume', 'running'],
    ] as const) {
      const answer = await steer(id, action);
      expect([answer.status, answer.body.status]).toEqual([200, status]);
    }
    expect((await steer(id, 'cancel')).status).toBe(200);
    await progressed(id, { status: 'cancelled', finished_at: 3 });
    expect([(await steer(id, 'cancel')).status, (await steer(id, 'resume')).status]).toEqual([200, 409]);
  });

  it('refuses to steer what has ended, and says how it ended', async () => {
    const { id } = (await ask()).body;
    await progressed(id, { status: 'completed', finished_at: 3 });
    for (const action of ['pause', 'cancel']) {
      const { status, body } = await steer(id, action);
      expect([status, body.detail]).toEqual([409, 'The replay is completed already.']);
    }
  });

  it('keeps the replayer’s progress when the request changes', async () => {
    const { id } = (await ask()).body;
    await progressed(id, { waiting_for: 'live_lag', waiting_detail: 'the sink is 9 records behind' });
    const { body: paused } = await steer(id, 'pause');
    const place = { read: 500, total: 1000, matched: 400 };
    const resting = { rate: 0, remaining_seconds: null, waiting_for: null, waiting_detail: null };
    expect(paused.progress).toMatchObject({ ...place, ...resting });
    const { body: resumed } = await steer(id, 'resume');
    expect(resumed.progress).toMatchObject({ ...place, rate: 50, remaining_seconds: 10, waiting_for: 'live_lag' });
  });
});

describe('the outcome', () => {
  const ended = { status: 'completed', finished_at: 3_000_000 } as const;

  it.each([
    ['of nothing in the range', { ...ended, matched: 0, written: 0 }, 'There was nothing in the range.'],
    ['of records given to the sink', { ...ended, dead: 2 }, /^400 records were .* \(3\) .* 2 could not be read\.$/],
    ['of one that was cancelled', { ...ended, status: 'cancelled' }, /^Cancelled\. 400 records were /],
    ['of one that failed', { ...ended, status: 'failed' }, 'It failed; what it wrote before stands.'],
    ['is not reported of one that runs', {}, null],
  ] as const)('%s', async (_, fields, outcome) => {
    const { id } = (await ask()).body;
    await progressed(id, fields);
    const { body } = await api.call(`/replays/${id}`);
    const isOver = 'status' in fields;
    expect(body).toMatchObject({
      status: isOver ? fields.status : 'running',
      outcome: outcome instanceof RegExp ? expect.stringMatching(outcome) : outcome,
      finished_at: isOver ? '1970-01-01T00:00:03.000Z' : null,
      progress: isOver ? { rate: 0, remaining_seconds: null } : { rate: 50, remaining_seconds: 10 },
    });
  });

  it('of one that failed says why, and one that waits says for what', async () => {
    const { id } = (await ask()).body;
    await progressed(id, { waiting_for: 'live_lag', waiting_detail: 'the sink is 9 records behind' });
    const waiting = (await api.call(`/replays/${id}`)).body.progress;
    expect(waiting).toMatchObject({ waiting_for: 'live_lag', waiting_detail: 'the sink is 9 records behind' });
    await progressed(id, { ...ended, status: 'failed', error_code: 'kafka.gone', error_message: 'topic recreated' });
    expect((await api.call(`/replays/${id}`)).body.error).toEqual({ code: 'kafka.gone', message: 'topic recreated' });
  });

  it('of shadow mode counts what differs, with its examples', async () => {
    const { id } = (await ask({ mode: 'shadow' })).body;
    const example = { record_id: 'ab', connection_id: 'conn_a', kinds: ['body_changed'] };
    const differences = {
      ...{ unchanged: 397, changed: 2, missing: 1, applicable: 3 },
      kinds: { body_changed: 2, missing: 1 },
      fields: { body: 2 },
      examples: [{ ...example, timestamp: Date.UTC(2026, 0, 1) * 1000, old: { body: 'a' }, new: { body: 'b' } }],
    };
    await progressed(id, { ...ended, written: 0, differences });
    const { body } = await api.call(`/replays/${id}`);
    expect(body.outcome).toBe('2 of 400 records differ from their rows, 1 have none; apply would write 3.');
    expect(body.differences).toEqual({
      ...differences,
      examples: [{ ...example, timestamp: '2026-01-01T00:00:00.000Z', old: { body: 'a' }, new: { body: 'b' } }],
    });
  });
});
