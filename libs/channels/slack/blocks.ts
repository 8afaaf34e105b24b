import type { Message } from '../message.ts';
import { type MessageText, messageText } from '../message-text.ts';

/** Slack takes 50 blocks, 3,000 characters in a section's text, 150 in a header. */
const sectionCharacters = 2900;
const headerCharacters = 150;

/**
 * Slack's control characters (https://docs.slack.dev/messaging/formatting-message-text#escaping): with them escaped, no
 * text of a log line can be a mention (`<!channel>`, `<@U…>`) or a link.
 */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The body of an incoming webhook: blocks, and a text for notifications and clients without blocks. */
export function slackBody(message: Message) {
  const text = messageText(message);
  return { text: escapeSlack(text.title), blocks: [...blocksOf(text)] };
}

function* blocksOf(text: MessageText) {
  yield {
    type: 'header',
    text: { type: 'plain_text', text: cutEscaped(escapeSlack(text.title), headerCharacters), emoji: false },
  };
  for (const { heading, facts, lines, link } of text.sections) {
    const title = text.counts === undefined ? [] : [`*${unmarked(heading)}*`];
    const rows = facts.map(([name, value]) => `${name}: ${unmarked(value)}`);
    yield section([...title, ...rows].join('\n'));
    // A code block ends at three of these; the zero-width space keeps a line's own from ending it.
    const code = lines.map((line) => escapeSlack(line.replaceAll('```', '`\u200b``'))).join('\n');
    if (code !== '') yield section(`\`\`\`${cutEscaped(code, sectionCharacters - 6)}\`\`\``);
    if (link !== undefined) yield section(`<${escapeSlack(link).replaceAll('|', '%7C')}|Open the log>`);
  }
  if (text.omitted > 0) yield section(`and ${text.omitted} more`);
}

function section(text: string) {
  return { type: 'section', text: { type: 'mrkdwn', text: cutEscaped(text, sectionCharacters), verbatim: true } };
}

/** Escaped, and with what would be bold, italic, struck or code made plain by a zero-width space. */
function unmarked(text: string): string {
  return escapeSlack(text.replaceAll(/[*_~`]/g, (sign) => `\u200b${sign}`));
}

/** Cuts without leaving half an entity. */
function cutEscaped(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${text
        .slice(0, length - 1)
        .replace(/&[a-z]{0,3}$/, '')
        .toWellFormed()}…`;
}
