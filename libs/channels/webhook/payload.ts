import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import { visibleLine, visibleText } from '@tailrace/log-record/visible-text.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import { itemsInFull, type Message, type MessageItem } from '../message.ts';
import { liveLink, messageText } from '../message-text.ts';

/** What a time is when there is none: Go's zero time, as Alertmanager has it. */
const never = '0001-01-01T00:00:00Z';

type Labels = Readonly<Record<string, string>>;

/**
 * Alertmanager's webhook payload, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config), so
 * that whatever takes Alertmanager's takes ours. Lines stand in annotations, and of a large group in those sent in full.
 */
export function webhookPayload(message: Message) {
  const { items, channelName, publicUrl, isTest } = message;
  const alerts = items.flatMap((item, index) => {
    const alert = alertOf(item, index < itemsInFull, publicUrl, isTest);
    const { transition, alert: about } = item;
    if (transition !== 'escalated' || about.continues === null) return [alert];
    // It goes on as another: who keeps alerts by fingerprint is to end the one before.
    return [alert, { ...alert, status: 'resolved', endsAt: alert.startsAt, fingerprint: about.continues }];
  });
  const text = messageText(message);
  const receiver = visibleLine(channelName);
  return {
    version: '4',
    groupKey: `{}:{channel="${receiver}",key="${message.idempotencyKey}"}`,
    truncatedAlerts: 0,
    status: alerts.every(({ status }) => status === 'resolved') ? 'resolved' : 'firing',
    receiver,
    groupLabels: common(alerts.map(({ labels }) => pick(labels, ['alertname', 'project']))),
    commonLabels: common(alerts.map(({ labels }) => labels)),
    commonAnnotations: { summary: text.title },
    externalURL: publicUrl ?? '',
    alerts,
  };
}

function alertOf(
  { alert, transition, id }: MessageItem,
  inFull: boolean,
  publicUrl: string | undefined,
  isTest: boolean,
) {
  const labels: Labels = {
    alertname: visibleLine(alert.rule_name),
    severity: alert.severity,
    project: alert.project_id,
    rule_id: alert.rule_id,
    alert_type: alert.alert_type,
    ...(alert.group_by !== null &&
      alert.group !== null && {
        [labelName(alert.group_by)]: visibleLine(alert.group_name ?? alert.group),
      }),
    ...(alert.group_name !== null && alert.group !== null && { [`${alert.group_by}_id`]: alert.group }),
    ...(isTest && { test: 'true' }),
  };
  return {
    status: transition === 'resolved' ? 'resolved' : 'firing',
    labels,
    annotations: {
      transition,
      value: String(alert.value),
      threshold: String(alert.threshold),
      window_seconds: String(alert.window_ms / 1000),
      matched: String(alert.matched),
      notification_id: id,
      ...(alert.late && { late: 'true' }),
      ...(transition === 'resolved' && alert.resolution !== null && { resolution: alert.resolution }),
      ...(inFull && alert.lines.length > 0 && { lines: linesOf(alert) }),
    },
    startsAt: isoNanos(alert.started_at),
    endsAt: alert.resolved_at === null ? never : isoNanos(alert.resolved_at),
    generatorURL: liveLink(alert, publicUrl) ?? '',
    fingerprint: alert.id,
  };
}

function linesOf({ lines }: Alert): string {
  return lines.map((line) => `${isoNanos(line.timestamp)} ${visibleText(line.body)}`).join('\n');
}

/** Prometheus takes letters, digits and underscores; our own labels are not to be overwritten. */
function labelName(attribute: string): string {
  return `group_${attribute.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`;
}

function pick(labels: Labels, names: readonly string[]): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => names.includes(name)));
}

/** The labels that all have with the same value. */
function common(all: readonly Labels[]): Labels {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((each) => each[name] === value)),
  );
}
