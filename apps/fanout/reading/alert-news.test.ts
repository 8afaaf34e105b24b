import type { ReadMark } from '@tailrace/alert-rules/alert-view.ts';
import { testAlert } from '@tailrace/postgres/alerts/test-alerts.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import { beforeEach, expect, it } from 'vitest';
import { AlertNews, type AlertNewsOptions } from './alert-news.ts';

let told: (readonly [number: number, event: string, readBy: string | null])[];
let asked: (readonly string[])[];
let errors: unknown[];
/** What the database is to answer, question by question. */
let answers: PromiseWithResolvers<ReadonlyMap<string, ReadMark>>[];
let watched: boolean;
beforeEach(() => {
  told = [];
  asked = [];
  errors = [];
  answers = [];
  watched = true;
});

const number = (alert: Alert) => Number(alert.id.slice('alert_'.length));
const open = (options: Partial<AlertNewsOptions> = {}) =>
  new AlertNews({
    lookUp: (ids) => {
      asked.push(ids);
      const answer = Promise.withResolvers<ReadonlyMap<string, ReadMark>>();
      answers.push(answer);
      return answer.promise;
    },
    onUnknown: (error) => errors.push(error),
    isWatched: () => watched,
    tell: (alert, read) => told.push([number(alert), alert.event, read?.by ?? null]),
    ...options,
  });
const updated = (id: number, sequence = 2) => testAlert(id, { event: 'updated', sequence });
const read = (id: number, by: string) => testAlert(id, { event: 'read', read_by: by });
const ann = { by: 'ann', at: 1 };

it('the news of alerts knows what it has seen, and asks nobody', () => {
  const news = open();
  for (const alert of [testAlert(1), updated(1), read(1, 'ann'), updated(1, 3), read(1, 'bob')]) news.take(alert);
  news.take(testAlert(1, { event: 'resolved', sequence: 4 }));
  expect(told).toEqual([
    [1, 'fired', null],
    [1, 'updated', null],
    [1, 'read', 'ann'],
    [1, 'updated', 'ann'],
    [1, 'read', 'ann'],
    [1, 'resolved', 'ann'],
  ]);
  expect(asked).toEqual([]);
});

it('the news of alerts asks once about alerts from before, together, and sends the events of each in order', async () => {
  const news = open();
  for (const alert of [updated(1), updated(2), updated(1, 3), testAlert(3)]) news.take(alert);
  expect(told).toEqual([[3, 'fired', null]]);
  answers[0]?.resolve(new Map());
  await expect.poll(() => told.length).toBe(2);
  expect(answers).toHaveLength(2);
  news.take(read(2, 'bob'));
  answers[1]?.resolve(new Map([[updated(2).id, ann]]));
  await expect.poll(() => told.length).toBe(5);
  expect(told.slice(1)).toEqual([
    [1, 'updated', null],
    [2, 'updated', 'bob'],
    [1, 'updated', null],
    [2, 'read', 'bob'],
  ]);
  news.take(updated(2, 3));
  expect(told.at(-1)).toEqual([2, 'updated', 'bob']);
  expect(asked).toEqual([[updated(1).id], [updated(2).id]]);
});

it('the news of alerts sends them all the same while the database is unreachable, and asks again later', async () => {
  const news = open();
  news.take(updated(1));
  answers[0]?.reject(new Error('away'));
  await expect.poll(() => told).toEqual([[1, 'updated', null]]);
  expect(errors).toHaveLength(1);
  news.take(updated(1, 3));
  answers[1]?.resolve(new Map([[updated(1).id, ann]]));
  await expect.poll(() => told.at(-1)).toEqual([1, 'updated', 'ann']);
});

it('the news of alerts asks nothing for viewers that are not there, and remembers only so many', () => {
  const news = open({ maxRemembered: 2 });
  watched = false;
  news.take(updated(1));
  for (const id of [2, 3, 4]) news.take(testAlert(id));
  expect([told, asked]).toEqual([[], []]);
  watched = true;
  for (const id of [3, 4, 2]) news.take(updated(id));
  expect([told.map(([id]) => id), asked]).toEqual([[3, 4], [[updated(2).id]]]);
});
