import { ChannelError } from '@tailrace/channels/channel-error.ts';
import type { Message, MessageItem } from '@tailrace/channels/message.ts';
import { type Rate, TokenBucket } from '@tailrace/http/limits/token-bucket.ts';
import { alertCodec } from '@tailrace/schemas/generated/alert.ts';
import type { Notification } from '@tailrace/schemas/generated/notification.ts';
import type { NotificationChannel } from '@tailrace/schemas/generated/notification-channel.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { Clock } from '../clock.ts';
import { groupId, idempotencyKey, nextMessage } from './next-message.ts';
import type { Outbox } from './outbox.ts';
import { retryAt } from './retry-time.ts';
import type { SenderMetrics } from './sender-metrics.ts';

export interface ChannelSenderOptions {
  readonly outbox: Outbox;
  /** Commits notifications as the partition's owner; rejects for anybody else. */
  readonly write: (notifications: readonly Notification[]) => Promise<void>;
  /** The channel as it is now; undefined when it was deleted. */
  readonly channelOf: (id: string) => Promise<NotificationChannel | undefined>;
  readonly deliver: (channel: NotificationChannel, message: Message, signal: AbortSignal) => Promise<string>;
  /** Notifications that one message of a channel may carry; undefined where it does not matter. */
  readonly largestGroupOf: (channel: NotificationChannel) => number | undefined;
  readonly rate: Rate;
  readonly timeoutMs: number;
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: SenderMetrics;
  /** Begin nothing more. */
  readonly stopping: AbortSignal;
  /** Give up what is in flight, too. */
  readonly aborted: AbortSignal;
}

/**
 * Sends one channel what waits for it, one message at a time. Before a message leaves, its attempt is committed: a sender
 * that has lost the partition (paused for long, cut off) is refused there and sends nothing. A crash between sending and
 * noting leaves an attempt without an outcome; the next owner makes the same message again under the same key.
 */
export class ChannelSender {
  readonly #id: string;
  readonly #options: ChannelSenderOptions;
  readonly #bucket: TokenBucket;
  #working = false;

  constructor(id: string, options: ChannelSenderOptions) {
    this.#id = id;
    this.#options = options;
    this.#bucket = new TokenBucket(options.rate, options.clock.now());
  }

  /**
   * Works until nothing waits, or it has to stop. Does nothing where it is at work already.
   * @throws what `write` throws.
   */
  async run(): Promise<void> {
    if (this.#working) return;
    const { outbox, clock, stopping, channelOf, largestGroupOf } = this.#options;
    this.#working = true;
    try {
      while (!stopping.aborted) {
        const waiting = outbox.waiting(this.#id);
        if (waiting.length === 0) return;
        const channel = await channelOf(this.#id);
        if (channel === undefined) {
          await this.#finish(waiting, 'failed', 'the channel was deleted');
          continue;
        }
        const now = clock.now();
        const expired = waiting.filter(({ deadline_at }) => deadline_at < now * 1000);
        if (expired.length > 0) {
          await this.#expire(expired, channel);
          continue;
        }
        const [head] = waiting;
        // What was never tried is due now: its time is by the clock of the process that made it.
        const due = head === undefined || head.attempts === 0 ? now : (head.next_attempt_at ?? 0) / 1000;
        const at = Math.max(due, this.#bucket.nextAt(now));
        if (at > now) {
          const deadline = Math.min(...waiting.map(({ deadline_at }) => deadline_at)) / 1000 + 1;
          await this.#sleep(Math.min(at, deadline) - now);
          continue;
        }
        const [first, ...rest] = nextMessage(waiting, this.#bucket.available(now), largestGroupOf(channel));
        if (first === undefined) return;
        this.#bucket.take(now);
        await this.#attempt([first, ...rest], channel);
      }
    } finally {
      // In the same turn as it found nothing waiting, so that whatever comes next starts it again.
      this.#working = false;
    }
  }

  async #attempt(group: readonly [Notification, ...Notification[]], channel: NotificationChannel): Promise<void> {
    const { clock, publicUrl, deliver, timeoutMs, aborted, metrics } = this.#options;
    const unreadable = group.filter((each) => itemOf(each) === undefined);
    if (unreadable.length > 0) return this.#finish(unreadable, 'failed', 'its alert cannot be read');
    const [first, ...rest] = group.flatMap((each) => itemOf(each) ?? []);
    if (first === undefined) return;
    const message: Message = {
      idempotencyKey: idempotencyKey(group),
      channelName: channel.name,
      items: [first, ...rest],
      isTest: false,
      publicUrl,
    };
    const now = clock.now() * 1000;
    const begun = group.map((each) => ({
      ...each,
      attempts: each.attempts + 1,
      // A time still to come is another machine's: it would be taken for newer than the time of the next attempt.
      next_attempt_at: Math.min(each.next_attempt_at ?? now, now),
      channel_name: channel.name,
      channel_type: channel.channel_type,
      grouped_into: groupId(group),
    }));
    await this.#write(begun);
    const started = performance.now();
    const outcome = (name: string) => metrics.attempted(channel.channel_type, name, performance.now() - started);
    const overtime = new AbortController();
    const cancel = clock.after(timeoutMs, () => overtime.abort());
    try {
      const answer = await deliver(channel, message, AbortSignal.any([aborted, overtime.signal]));
      outcome('sent');
      await this.#finish(begun, 'sent', answer);
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      // Not the channel ended it, but this process, which gave up: the next owner finds an attempt without an outcome.
      if (aborted.aborted) return;
      outcome(error.failure);
      await this.#refused(begun, channel, error);
    } finally {
      cancel();
    }
  }

  async #refused(group: readonly Notification[], channel: NotificationChannel, error: ChannelError): Promise<void> {
    const { clock, logger } = this.#options;
    const answer = error.help === undefined ? error.message : `${error.message} (${error.help})`;
    const [first] = group;
    if (error.remedy === 'give-up') {
      // One alert that the other side chokes on must not take those with it that were in the same message.
      if (error.failure === 'message_refused' && group.length > 1) return this.#split(group, answer);
      return this.#finish(group, 'failed', answer);
    }
    const now = clock.now();
    const next = retryAt(now, first?.attempts ?? 1, error.retryAfterMs) * 1000;
    const last = group.filter(({ deadline_at }) => deadline_at < next);
    const again = group.filter(({ deadline_at }) => deadline_at >= next);
    if (last.length > 0) await this.#finish(last, 'failed', `no more time until the deadline: ${answer}`);
    await this.#write(again.map((each) => ({ ...each, last_answer: answer, next_attempt_at: next })));
    const retryInMs = Math.round(next / 1000 - now);
    logger.warn({ channel: channel.id, count: again.length, answer, retryInMs }, 'a message is tried again');
  }

  /** Two messages of half of it each; their next attempts make them. */
  async #split(group: readonly Notification[], answer: string): Promise<void> {
    const middle = group.length >> 1;
    const halves = [group.slice(0, middle), group.slice(middle)];
    const next = this.#options.clock.now() * 1000 + 1;
    await this.#write(
      halves.flatMap((half) =>
        half.map((each) => ({ ...each, grouped_into: groupId(half), last_answer: answer, next_attempt_at: next })),
      ),
    );
  }

  #expire(expired: readonly Notification[], { name, channel_type }: NotificationChannel): Promise<void> {
    const named = expired.map((each) => ({ ...each, channel_name: name, channel_type }));
    const why = named.some(({ attempts }) => attempts > 0) ? 'the deadline has passed' : 'not sent before its deadline';
    return this.#finish(named, 'failed', why);
  }

  async #finish(group: readonly Notification[], status: 'sent' | 'failed', answer: string): Promise<void> {
    const { clock, logger, metrics } = this.#options;
    const sentAt = status === 'sent' ? clock.now() * 1000 : null;
    const done = group.map((each) => ({
      ...each,
      status,
      last_answer: answer,
      next_attempt_at: null,
      sent_at: sentAt,
    }));
    await this.#write(done);
    for (const each of done) metrics.done(each);
    const about = { channel: this.#id, count: done.length, notification: done[0]?.id, answer };
    if (status === 'sent') logger.info(about, 'notified');
    else logger.error(about, 'notifications failed; they can be sent again');
  }

  async #write(notifications: readonly Notification[]): Promise<void> {
    if (notifications.length === 0) return;
    await this.#options.write(notifications);
    for (const each of notifications) this.#options.outbox.apply(each);
  }

  #sleep(ms: number): Promise<void> {
    const { clock, stopping } = this.#options;
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        stopping.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = clock.after(ms, wake);
      stopping.addEventListener('abort', wake, { once: true });
    });
  }
}

/** undefined when its alert is damaged: nothing else may wait for that to mend. */
function itemOf({ id, transition, resends, alert }: Notification): MessageItem | undefined {
  try {
    return { id, transition, resends, alert: alertCodec.decode(alert) };
  } catch {
    return undefined;
  }
}
