import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';

/** What alerting reports about its decisions. */
export interface AlertingMetrics {
  written(alert: Alert): void;
  /** @param rule undefined when the lines are from before their rule. */
  lateLines(lines: number, rule?: AlertRule): void;
  groupOverflowed(rule: AlertRule): void;
}

export function alertingMetrics(metrics: Metrics, logger: Logger): AlertingMetrics {
  const alerts = metrics.counter({
    name: 'tailrace_alerts_total',
    help: 'What happened to alerts, as it was written; again when its transaction failed.',
    labels: ['event'] as const,
  });
  const late = metrics.counter({
    name: 'tailrace_alert_late_lines_total',
    help: 'Matching lines that were not counted because they came too late, or are from before their rule.',
  });
  const overflowed = metrics.counter({
    name: 'tailrace_alert_groups_overflowed_total',
    help: 'Counts of a group that went to "(other groups)" because its rule had as many as it may.',
  });
  return {
    written: (alert) => {
      const { event, id, rule_id: rule, project_id: project, group, resolution } = alert;
      alerts.inc({ event });
      const about = { alert: id, rule, project, group, late: alert.late, value: alert.value, resolution };
      if (event === 'updated') logger.debug(about, 'alert updated');
      else logger.info(about, `alert ${event}: ${alert.rule_name}`);
    },
    lateLines: (lines, rule) => {
      late.inc(lines);
      if (rule) logger.debug({ rule: rule.id, lines }, 'matching lines came too late to be counted');
    },
    groupOverflowed: ({ id }) => {
      overflowed.inc();
      logger.debug({ rule: id }, 'a rule has too many groups');
    },
  };
}
