import { notificationId, notificationKey } from '@tailrace/channels/notification-key.ts';
import { TokenBucket } from '@tailrace/http/limits/token-bucket.ts';
import type { Notification } from '@tailrace/schemas/generated/notification.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupId, idempotencyKey, nextMessage } from './next-message.ts';
import { Outbox } from './outbox.ts';
import { retryAt } from './retry-time.ts';

function notification(changes: Partial<Notification> = {}): Notification {
  const keyed = { alert_id: 'alert_1', channel_id: 'chan_1', transition: 'fired' as const, ...changes };
  return {
    id: notificationId(keyed),
    project_id: 'demo',
    rule_id: 'rule_1',
    channel_name: null,
    channel_type: null,
    sequence: 1,
    alert: Buffer.from('alert'),
    status: 'pending',
    resends: 0,
    attempts: 0,
    last_answer: null,
    created_at: 1,
    next_attempt_at: 1,
    deadline_at: 1000,
    sent_at: null,
    grouped_into: null,
    ...keyed,
    ...changes,
  };
}

/** What is written for one transition, in the order of its life. */
const life = [
  notification(),
  notification({ attempts: 1 }),
  notification({ attempts: 1, next_attempt_at: 50, last_answer: '500' }),
  notification({ attempts: 2, next_attempt_at: 50, last_answer: '500' }),
  notification({ attempts: 2, status: 'failed', next_attempt_at: null, last_answer: '400' }),
  notification({ resends: 1 }),
  notification({ resends: 1, attempts: 1 }),
  notification({ resends: 1, attempts: 1, status: 'sent', next_attempt_at: null, sent_at: 99 }),
];

it('the outbox forgets what retention has removed, and nothing that waits', () => {
  const outbox = new Outbox();
  const old = notification({ alert_id: 'old', status: 'sent', deadline_at: 500, next_attempt_at: null, sent_at: 400 });
  const recent = notification({ alert_id: 'recent', status: 'sent', next_attempt_at: null, sent_at: 900 });
  const waits = notification({ alert_id: 'waits', deadline_at: 500 });
  for (const each of [old, recent, waits]) outbox.apply(each);
  outbox.sweep(600);
  const isKnown = (alert_id: string) => outbox.apply(notification({ alert_id })) !== undefined;
  expect(['old', 'recent'].map(isKnown)).toEqual([false, true]);
  expect(outbox.waiting('chan_1').map((each) => each.alert_id)).toContain('waits');
});

describe('the outbox', () => {
  it('knows how far a transition is, in whatever order and however often its values are read', () => {
    const orders = fc.array(fc.nat(life.length - 1), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(orders, (order) => {
        const outbox = new Outbox();
        for (const index of order) outbox.apply(life[index]!);
        const furthest = life[Math.max(...order)]!;
        const pending = furthest.status === 'pending';
        expect(outbox.waiting('chan_1')).toEqual(pending ? [furthest] : []);
        expect(outbox.pendingCount).toBe(pending ? 1 : 0);
      }),
    );
  });

  it('returns what must be written where a transition is announced again', () => {
    const outbox = new Outbox();
    for (const each of life.slice(0, 5)) expect(outbox.apply(each)).toBeUndefined();
    expect(outbox.apply(notification())).toEqual(life[4]);
    // Its own values, read back late, are none.
    expect(outbox.apply(life[1]!)).toBeUndefined();
    outbox.remove(notificationKey(notification()));
    expect(outbox.apply(notification())).toBeUndefined();
    expect(outbox.waiting('chan_1')).toHaveLength(1);
  });
});

describe('the next message', () => {
  const waiting = (count: number, changes: Partial<Notification> = {}) =>
    Array.from({ length: count }, (_, index) => notification({ alert_id: `alert_${index}`, ...changes }));

  it('is one alone while the channel may get as many as wait, and all together beyond', () => {
    expect(nextMessage(waiting(3), 3)).toHaveLength(1);
    expect(nextMessage(waiting(4), 3)).toHaveLength(4);
    expect(nextMessage(waiting(2000), 3)).toHaveLength(500);
    expect(nextMessage(waiting(2000), 3, 10)).toHaveLength(10);
    expect(nextMessage([], 3)).toEqual([]);
  });

  it('that was begun is made again as it was, under its key, whatever has come since', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.nat(20),
        fc.integer({ min: 1, max: 5 }),
        (size, later, tokens) => {
          const group = nextMessage(waiting(size), 1);
          const begun = group.map((each) => ({ ...each, attempts: 1, grouped_into: groupId(group) }));
          const all = [...begun, ...waiting(later).map((each) => ({ ...each, alert_id: `${each.alert_id}_later` }))];
          const again = nextMessage(all, tokens);
          expect(again.map(({ id }) => id)).toEqual(group.map(({ id }) => id));
          expect(idempotencyKey([again[0]!, ...again.slice(1)])).toBe(idempotencyKey([group[0]!, ...group.slice(1)]));
        },
      ),
    );
  });
});

it('the bucket never gives more than its burst and its rate allow', () => {
  const steps = fc.array(fc.nat(30_000), { maxLength: 100 });
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 120 }),
      (pauses, burst, perMinute) => {
        const bucket = new TokenBucket({ burst, perMinute }, 0);
        let now = 0;
        let taken = 0;
        for (const pause of pauses) {
          now += pause;
          if (bucket.nextAt(now) <= now) {
            bucket.take(now);
            taken += 1;
          } else {
            now = bucket.nextAt(now);
            expect(bucket.available(now)).toBeGreaterThanOrEqual(1);
          }
          expect(taken).toBeLessThanOrEqual(burst + (now * perMinute) / 60_000 + 1e-6);
        }
      },
    ),
  );
});

it('retries wait ever longer, with jitter, within limits, and never less than was asked', () => {
  expect(retryAt(0, 1, undefined, 0)).toBe(500);
  expect(retryAt(0, 1, undefined, 1)).toBe(1000);
  expect(retryAt(0, 5, undefined, 1)).toBe(16_000);
  expect(retryAt(0, 60, undefined, 1)).toBe(300_000);
  expect(retryAt(0, 1, 7000, 0)).toBe(7000);
});
