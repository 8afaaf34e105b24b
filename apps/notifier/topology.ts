import { notificationId, notificationKey } from '@tailrace/channels/notification-key.ts';
import { type Alert, alertCodec } from '@tailrace/schemas/generated/alert.ts';
import type { NotificationTransition } from '@tailrace/schemas/generated/notification-transition.ts';
import type { Topology } from '@tailrace/stream/processing/topology.ts';
import { topics } from '@tailrace/topics/topics.ts';

/**
 * What happens to alerts becomes what is to be sent where: one pending notification for each transition and channel,
 * exactly once, in the partition of the channel. The sender does the rest.
 *
 * @param deadlineMs how long after the transition it is worth sending. Counted from there and not from when the notifier
 *   comes to it: after a night without a notifier, what is long over is recorded as failed and wakes nobody.
 */
export function notifierTopology(deadlineMs: number): Topology<Alert> {
  return {
    group: 'notifier',
    inputs: [topics.alerts],
    outputs: [topics.notifications],
    processor: () => ({
      process({ value: alert }, emit) {
        const transition = transitionOf(alert);
        if (transition === undefined) return;
        // in_app needs no sending: the stored alert itself is what is shown.
        for (const channelId of new Set(alert.notification_channels.filter((each) => each !== 'in_app'))) {
          const keyed = { alert_id: alert.id, channel_id: channelId, transition };
          const notification = {
            ...keyed,
            id: notificationId(keyed),
            project_id: alert.project_id,
            rule_id: alert.rule_id,
            channel_name: null,
            channel_type: null,
            sequence: alert.sequence,
            alert: alertCodec.encode(alert),
            status: 'pending' as const,
            resends: 0,
            attempts: 0,
            last_answer: null,
            created_at: alert.happened_at,
            next_attempt_at: alert.happened_at,
            deadline_at: alert.happened_at + deadlineMs * 1000,
            sent_at: null,
            grouped_into: null,
          };
          emit(topics.notifications, notificationKey(keyed), notification, {
            partitionKey: channelId,
            headers: { project: alert.project_id },
          });
        }
      },
    }),
  };
}

/**
 * What of an alert's life is sent. Who heard that it fired hears that it is over, for whatever reason, and the message says
 * which: a receiver that keeps alerts would keep it firing for ever. An alert that its successor continues has as channels
 * only those that do not hear of the successor.
 */
function transitionOf({ event }: Alert): NotificationTransition | undefined {
  return event === 'fired' || event === 'escalated' || event === 'resolved' ? event : undefined;
}
