import type { MessageText } from '../message-text.ts';

/** A node of the Atlassian Document Format (https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/). */
interface Node {
  readonly type: string;
  readonly [property: string]: unknown;
}

/** Jira refuses a description of more than 32,767 characters; JSON around the text is not counted. */
const textCharacters = 25_000;

/** The message as a document. Text nodes are text: nothing in a line is markup here. */
export function jiraDocument({ counts, sections, omitted }: MessageText): Node {
  let left = textCharacters;
  const text = (value: string, marks?: readonly Node[]): Node[] => {
    const kept = value.slice(0, Math.max(0, left)).toWellFormed();
    left -= kept.length;
    return kept === '' ? [] : [{ type: 'text', text: kept, ...(marks && { marks }) }];
  };
  const paragraph = (content: readonly Node[]): Node => ({ type: 'paragraph', content });
  const content: Node[] = [];
  if (counts !== undefined) content.push(paragraph(text(counts)));
  for (const { heading, facts, lines, link } of sections) {
    content.push(paragraph(text(heading, [{ type: 'strong' }])));
    content.push(paragraph(text(facts.map(([name, value]) => `${name}: ${value}`).join('; '))));
    if (lines.length > 0) content.push({ type: 'codeBlock', content: text(lines.join('\n')) });
    if (link !== undefined) content.push(paragraph(text('Open the log', [{ type: 'link', attrs: { href: link } }])));
  }
  if (omitted > 0) content.push(paragraph(text(`and ${omitted} more`)));
  return { type: 'doc', version: 1, content };
}
