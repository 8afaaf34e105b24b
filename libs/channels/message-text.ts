import { toAlertView } from '@tailrace/alert-rules/alert-view.ts';
import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import { visibleLine, visibleText } from '@tailrace/log-record/visible-text.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import { itemsInFull, type Message, type MessageItem } from './message.ts';

/** A message in words, before any markup: every kind of channel shows these. Nothing in it is invisible. */
export interface MessageText {
  /** One line. */
  readonly title: string;
  /** How many of what there are; undefined for a single one. */
  readonly counts: string | undefined;
  readonly sections: readonly Section[];
  /** Alerts that appear in the counts only. */
  readonly omitted: number;
}

/** One alert. */
interface Section {
  readonly heading: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly lines: readonly string[];
  readonly link: string | undefined;
}

const linesShown = 10;

/** @param limit how many alerts are sent in full. */
export function messageText(message: Message, limit = itemsInFull): MessageText {
  const { items, isTest, publicUrl, channelName } = message;
  const [first] = items;
  const counts = items.length === 1 ? undefined : countsOf(items);
  const title = isTest ? `Test of the channel ${channelName}` : (counts ?? headingOf(first));
  return {
    title: visibleLine(title),
    counts,
    sections: items.slice(0, limit).map((item) => sectionOf(item, publicUrl)),
    omitted: Math.max(0, items.length - limit),
  };
}

/** `23 alerts of 4 rules: 20 fired, 3 resolved`. */
function countsOf(items: readonly MessageItem[]): string {
  const rules = new Set(items.map(({ alert }) => alert.rule_id)).size;
  const alerts = new Set(items.map(({ alert }) => alert.id)).size;
  const kinds = (['fired', 'escalated', 'resolved'] as const).flatMap((kind) => {
    const count = items.filter(({ transition }) => transition === kind).length;
    return count === 0 ? [] : [`${count} ${kind}`];
  });
  return `${plural(alerts, 'alert')} of ${plural(rules, 'rule')}: ${kinds.join(', ')}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const words = { fired: 'FIRING', escalated: 'STILL FIRING', resolved: 'RESOLVED' } as const;

function headingOf({ alert, transition }: MessageItem): string {
  const group = alert.group === null ? '' : ` (${alert.group_by}: ${alert.group_name ?? alert.group})`;
  return visibleLine(`[${words[transition]}] ${alert.severity}: ${alert.rule_name}${group}`);
}

function sectionOf(item: MessageItem, publicUrl: string | undefined): Section {
  const { alert } = item;
  const facts: [string, string][] = [
    ['project', alert.project_id],
    ['measured', measured(alert)],
    ['since', isoNanos(alert.started_at)],
  ];
  if (alert.resolved_at !== null) facts.push(['until', isoNanos(alert.resolved_at)]);
  const ending = item.transition === 'resolved' ? endings[alert.resolution ?? ''] : undefined;
  if (ending !== undefined) facts.push(['why', ending]);
  if (alert.late) facts.push(['late', 'found in lines that came after their time had been taken for complete']);
  if (alert.suppressed > 0) facts.push(['repeats', `${alert.suppressed} within the cooldown`]);
  facts.push(['alert', alert.id]);
  return {
    heading: headingOf(item),
    facts: facts.map(([name, value]) => [name, visibleLine(value)] as const),
    lines: alert.lines.slice(0, linesShown).map((line) => `${isoNanos(line.timestamp)} ${visibleText(line.body)}`),
    link: liveLink(alert, publicUrl),
  };
}

/** Why an alert is over though its lines do not say so. */
const endings: Readonly<Record<string, string>> = {
  rule_changed: 'the rule was changed; whether the condition still holds is not known',
  rule_disabled: 'the rule was turned off; whether the condition still holds is not known',
  rule_deleted: 'the rule was deleted; whether the condition still holds is not known',
  connection_deleted: 'the connection was deleted',
  continued: 'it goes on as another alert, which is sent elsewhere',
};

/** What made it fire. A rate or a number fires when it is reached, not only when it is exceeded. */
function measured({ alert_type, value, threshold, window_ms }: Alert): string {
  if (alert_type === 'absence') return `no line for ${duration(window_ms)}`;
  if (alert_type !== 'error_rate') return `${number(value)} of ${number(threshold)} within ${duration(window_ms)}`;
  const rate = `${plural(Math.round(value * 100) / 100, 'error')} a minute over ${duration(window_ms)}`;
  return `${rate}; fires at ${number(threshold)} or more`;
}

/** Where the web page shows the lines: the window that crossed, to the last line the alert names. */
export function liveLink(alert: Alert, publicUrl: string | undefined): string | undefined {
  return publicUrl === undefined ? undefined : `${publicUrl}${toAlertView(alert).links.live}`;
}

/** Everything in one text, for readers without markup. */
export function plainText(text: MessageText): string {
  const sections = text.sections.map(({ heading, facts, lines, link }) =>
    [
      heading,
      ...facts.map(([name, value]) => `${name}: ${value}`),
      ...(lines.length === 0 ? [] : ['', ...lines.map((line) => `  ${line.replaceAll(/[\r\n]+/g, '\n  ')}`)]),
      ...(link === undefined ? [] : ['', link]),
    ].join('\n'),
  );
  const parts = [...(text.counts === undefined ? [] : [text.counts]), ...sections];
  if (text.omitted > 0) parts.push(`and ${text.omitted} more`);
  return `${parts.join('\n\n')}\n`;
}

function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function duration(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}
