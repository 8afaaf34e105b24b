import { isDigit, isLetter } from '../characters.ts';
import { Draft } from '../draft.ts';
import { lineOf } from '../line.ts';
import { access } from './access.ts';
import { alb } from './alb.ts';
import { dotnet } from './dotnet.ts';
import { go } from './go.ts';
import { java } from './java.ts';
import { json } from './json.ts';
import { klog } from './klog.ts';
import { lambda } from './lambda.ts';
import { logfmt } from './logfmt.ts';
import { nginxError } from './nginx-error.ts';
import { node } from './node.ts';
import { prefix } from './prefix.ts';
import { python } from './python.ts';
import { syslogRfc3164 } from './syslog-rfc3164.ts';
import { syslogRfc5424 } from './syslog-rfc5424.ts';
import type { TextParser } from './text-parser.ts';
import { vpcFlow } from './vpc-flow.ts';

/** By what a text begins with, the parsers that may know it, the particular before the general. */
const byBeginning = {
  brace: [json],
  angle: [syslogRfc5424, syslogRfc3164],
  bracket: [lambda, python, dotnet, go, node, java, prefix],
  time: [lambda, nginxError, go, python, dotnet, java, node, syslogRfc3164, prefix],
  letter: [logfmt, klog, lambda, alb, vpcFlow, syslogRfc3164, access, java, python, dotnet, go, node, prefix],
  other: [vpcFlow, access, logfmt],
} satisfies Record<string, readonly TextParser[]>;

/** Names of every parser of texts. */
export const textParserNames: readonly string[] = [
  ...new Set(Object.values(byBeginning).flatMap((parsers) => parsers.map(({ name }) => name))),
  'cloudtrail',
  'plain',
];

const escapeCharacter = '\x1b';
/** Colours and styles (ECMA-48 SGR). */
const colours = new RegExp(`${escapeCharacter}\\[[0-9;]{0,32}m`, 'g');

/** Reads a text into the draft by the first parser that knows it; otherwise all of it is the message. */
export function parseText(text: string, draft: Draft): void {
  const trimmed = withoutLineEnd(text);
  if (parse(trimmed.includes(escapeCharacter) ? trimmed.replace(colours, '') : trimmed, draft)) return;
  draft.parser = 'plain';
  draft.message(trimmed);
}

function parse(text: string, draft: Draft): boolean {
  const line = lineOf(text, draft.timestamp);
  for (const parser of candidates(text, line.time !== '')) {
    if (!parser.read(line, draft)) continue;
    draft.parser = parser === json ? readShape(draft) : parser.name;
    return true;
  }
  return false;
}

function candidates(text: string, hasTime: boolean): readonly TextParser[] {
  const first = text.charCodeAt(0);
  if (first === 0x7b || (isBlank(first) && text.trimStart().startsWith('{'))) return byBeginning.brace;
  if (first === 0x3c) return byBeginning.angle;
  if (first === 0x5b) return byBeginning.bracket;
  if (isLetter(first)) return byBeginning.letter;
  return isDigit(first) && hasTime ? byBeginning.time : byBeginning.other;
}

/** The name for the JSON that was read. A container's line in an envelope (`log`) is a text of its own. */
function readShape(draft: Draft): string {
  if (draft.shape === 'cloudtrail' || draft.shape === 'lambda') return draft.shape;
  if (draft.bodyPath === 'log') {
    const inner = new Draft(draft.timestamp);
    parseText(draft.body, inner);
    draft.replaceBody(inner.body);
    inner.bodyPath = '';
    draft.absorb(inner);
  }
  return json.name;
}

function withoutLineEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isLineEnd(text.charCodeAt(end - 1))) end--;
  return end === text.length ? text : text.slice(0, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || isLineEnd(code);
}

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}
