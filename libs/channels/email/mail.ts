import type { Message } from '../message.ts';
import { type MessageText, messageText, plainText } from '../message-text.ts';

/** A mail before it is encoded. */
export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** With its angle brackets. The same for every repeat of a message. */
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
}

const subjectCharacters = 200;

/** @param from the sender's address, whose domain the message id is of. */
export function mailOf(message: Message, from: string): Mail {
  const text = messageText(message);
  return {
    subject: text.title.slice(0, subjectCharacters).toWellFormed(),
    text: plainText(text),
    html: htmlOf(text),
    messageId: `<${message.idempotencyKey}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    // Providers that give a mail an id of their own leave this one.
    headers: { 'X-Tailrace-Notification': message.idempotencyKey, 'Auto-Submitted': 'auto-generated' },
  };
}

/** Whatever a line holds is text in it. */
function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function htmlOf({ title, counts, sections, omitted }: MessageText): string {
  const parts = sections.map(({ heading, facts, lines, link }) => {
    const rows = facts.map(([name, value]) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(value)}</td></tr>`);
    return [
      `<h3>${escapeHtml(heading)}</h3>`,
      `<table>${rows.join('')}</table>`,
      ...(lines.length === 0 ? [] : [`<pre>${lines.map(escapeHtml).join('\n')}</pre>`]),
      ...(link === undefined ? [] : [`<p><a href="${escapeHtml(link)}">Open the log</a></p>`]),
    ].join('\n');
  });
  return [
    `<!doctype html><html><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head><body>`,
    ...(counts === undefined ? [] : [`<h2>${escapeHtml(counts)}</h2>`]),
    ...parts,
    ...(omitted > 0 ? [`<p>and ${omitted} more</p>`] : []),
    '</body></html>',
  ].join('\n');
}
