import type { KnownReplay } from '@tailrace/replays/replay-table.ts';
import { expect, it } from 'vitest';
import { expiredReplays } from './expired-replays.ts';

const day = 24 * 60 * 60 * 1000;
const now = Date.UTC(2026, 5, 1);

function replay(id: string, project: string, finishedDaysAgo: number | undefined): KnownReplay {
  const status = finishedDaysAgo === undefined ? 'running' : 'completed';
  const finished_at = finishedDaysAgo === undefined ? null : (now - finishedDaysAgo * day) * 1000;
  const request = { project_id: project, created_at: 0 } as KnownReplay['request'];
  return { id, request, progress: { status, finished_at } as KnownReplay['progress'] };
}

it('expired replays are those that ended more than thirty days ago, however long ago they were asked for', () => {
  const replays = [replay('old', 'a', 31), replay('young', 'a', 29), replay('runs', 'a', undefined)];
  expect(expiredReplays([...replays, { ...replay('waits', 'a', 1), progress: undefined }], now)).toEqual([replays[0]]);
});

it('expired replays are those of a project that has very many, without those of others', () => {
  const many = Array.from({ length: 503 }, (_, index) => replay(`busy-${index}`, 'busy', index / 100));
  const others = [replay('quiet', 'quiet', 20), replay('runs', 'busy', undefined)];
  expect(expiredReplays([...many, ...others].toReversed(), now)).toEqual(many.slice(500));
});
