import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import { levelOf, levels } from '@tailrace/log-record/level.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import { alertSeveritySymbols } from '@tailrace/schemas/generated/alert-severity.ts';
import { alertStatusSymbols } from '@tailrace/schemas/generated/alert-status.ts';
import { type output, z } from 'zod';
import { bucketMs } from './bucket.ts';

const time = z.string().describe('RFC 3339.');

/** An alert as the API and the WebSocket give it: the same JSON for one that just fired and a stored one. */
export const alertView = z
  .object({
    id: z.string(),
    sequence: z.int().describe('Counts the events of this alert; the highest is its newest state.'),
    rule_id: z.string(),
    rule_revision: z.int(),
    rule_name: z.string(),
    alert_type: z.string(),
    project_id: z.string(),
    severity: z.enum(alertSeveritySymbols),
    group_by: z.string().nullable(),
    group: z.string().nullable().describe('The value of group_by that this is about.'),
    group_name: z
      .string()
      .nullable()
      .describe('What people call it, where that is not the value: the name of a connection.'),
    status: z.enum(alertStatusSymbols),
    started_at: time,
    fired_at: time,
    resolved_at: time.nullable(),
    resolution: z.string().nullable(),
    continues: z.string().nullable().describe('The alert before it, when the condition held from that one to this.'),
    late: z.boolean().describe('It fired for times that had been taken for complete.'),
    value: z.number(),
    threshold: z.number(),
    window_ms: z.int(),
    matched: z.int(),
    suppressed: z.int(),
    lines: z.array(
      z.object({
        id: z.string(),
        timestamp: time,
        connection_id: z.string(),
        stream: z.string(),
        severity_number: z.int(),
        level: z.enum(levels).nullable(),
        body: z.string(),
        partition: z.int(),
        offset: z.int(),
      }),
    ),
    notification_channels: z.array(z.string()),
    read_at: time.nullable(),
    read_by: z.string().nullable(),
    links: z.object({
      live: z.string().describe("Path of the web page: the log around this alert's lines."),
      rule: z.string(),
    }),
  })
  .meta({ id: 'Alert' });

export type AlertView = output<typeof alertView>;

/** Who has seen an alert, and when, microseconds since the epoch. */
export interface ReadMark {
  readonly by: string;
  readonly at: number;
}

/**
 * @param read left out: as the event itself says, which knows only of a `read` that it is. A caller that keeps alerts knows
 *   of earlier ones.
 */
export function toAlertView(alert: Alert, read: ReadMark | null = readMarkOf(alert)): AlertView {
  const { event, happened_at, started_at, fired_at, resolved_at, lines, read_by, ...rest } = alert;
  return {
    ...rest,
    // Alerts that were stored before there was this.
    group_name: rest.group_name ?? null,
    started_at: isoNanos(started_at),
    fired_at: isoNanos(fired_at),
    resolved_at: resolved_at === null ? null : isoNanos(resolved_at),
    lines: lines.map((line) => ({
      ...line,
      timestamp: isoNanos(line.timestamp),
      level: levelOf(line.severity_number) ?? null,
    })),
    notification_channels: [...alert.notification_channels],
    read_at: read && isoNanos(read.at),
    read_by: read?.by ?? null,
    links: linksOf(alert),
  };
}

function readMarkOf({ event, read_by: by, happened_at: at }: Alert): ReadMark | null {
  return event === 'read' && by !== null ? { by, at } : null;
}

/** Where the web page shows what the alert is about: its window, to the last line it names. */
function linksOf({ project_id, rule_id, started_at, window_ms, lines }: Alert): AlertView['links'] {
  const project = `/projects/${encodeURIComponent(project_id)}`;
  const end = Math.max(started_at + bucketMs * 1000, ...lines.map(({ timestamp }) => timestamp + 1));
  const range = new URLSearchParams({
    from: isoNanos(started_at + bucketMs * 1000 - window_ms * 1000),
    to: isoNanos(end),
  });
  const connections = new Set(lines.map(({ connection_id }) => connection_id));
  const [only] = connections;
  if (only !== undefined && connections.size === 1) range.set('connections', only);
  return { live: `${project}/live?${range}`, rule: `${project}/alert-rules/${encodeURIComponent(rule_id)}` };
}
