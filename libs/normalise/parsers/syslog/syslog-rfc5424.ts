import { severityOfSyslog } from '@tailrace/log-record/severity.ts';
import { endOfToken } from '../../characters.ts';
import { Draft, envelopeRank } from '../../draft.ts';
import { timeAt } from '../../time/time-at.ts';
import type { AnchoredParser } from '../text-parser.ts';
import { priorityOf } from './syslog-priority.ts';

/**
 * `<34>1 2024-01-31T10:20:30.003Z host app 123 ID47 [id@32473 name="value"] message`.
 * @see https://www.rfc-editor.org/rfc/rfc5424
 */
export const syslogRfc5424: AnchoredParser = {
  name: 'syslog-rfc5424',
  beginnings: ['angle'],
  read({ text }, draft, readInner) {
    const priority = priorityOf(text);
    if (priority === undefined || !text.startsWith('1 ', priority.end)) return false;
    const header: string[] = [];
    let at = priority.end + 2;
    while (header.length < 5) {
      const end = endOfToken(text, at);
      if (end === at || text.charCodeAt(end) !== 0x20) return false;
      header.push(text.slice(at, end));
      at = end + 1;
    }
    const [stamp, host, app, process, id] = header.map((part) => (part === '-' ? '' : part));
    const time = timeAt(stamp!, 0, draft.timestamp);
    if (stamp !== '' && (time === undefined || time.end !== stamp!.length)) return false;
    const inner = new Draft(draft.timestamp);
    const structuredEnd = readStructuredData(text, at, inner);

    if (time !== undefined) draft.time(time.iso);
    draft.level(severityOfSyslog(priority.severity), priority.level, 'syslog.severity', envelopeRank);
    draft.attribute('syslog.facility', priority.facility);
    if (host !== '') draft.host(host!);
    if (app !== '') draft.service(app!, 'syslog.appname');
    draft.attributeIfAny('syslog.procid', process);
    draft.attributeIfAny('syslog.msgid', id);
    // Some senders leave the structured data out: what stands in its place is the message then.
    if (structuredEnd >= 0) draft.absorb(inner);
    readInner(text.slice(structuredEnd < 0 ? at : structuredEnd + 1), draft);
    return true;
  },
};

/** @returns the position behind the structured data; -1 when it is none. */
function readStructuredData(text: string, from: number, draft: Draft): number {
  if (text.charCodeAt(from) === 0x2d) return isEnd(text, from + 1) ? from + 1 : -1;
  let at = from;
  while (text.charCodeAt(at) === 0x5b) {
    at = readElement(text, at, draft);
    if (at < 0) return -1;
  }
  return at > from && isEnd(text, at) ? at : -1;
}

function isEnd(text: string, at: number): boolean {
  return at >= text.length || text.charCodeAt(at) === 0x20;
}

/** `[id name="value" …]`; `"`, `\` and `]` in a value have a backslash before them. */
function readElement(text: string, from: number, draft: Draft): number {
  let at = endOfName(text, from + 1);
  const id = text.slice(from + 1, at);
  if (id === '') return -1;
  if (text.charCodeAt(at) === 0x5d) draft.attribute(`syslog.sd.${id}`, '');
  while (text.charCodeAt(at) === 0x20) {
    const nameEnd = endOfName(text, at + 1);
    if (nameEnd === at + 1 || !text.startsWith('="', nameEnd)) return -1;
    const valueEnd = endOfValue(text, nameEnd + 2);
    if (valueEnd < 0) return -1;
    const value = text.slice(nameEnd + 2, valueEnd).replace(/\\([\\"\]])/g, '$1');
    draft.attribute(`syslog.sd.${id}.${text.slice(at + 1, nameEnd)}`, value);
    at = valueEnd + 1;
  }
  return text.charCodeAt(at) === 0x5d ? at + 1 : -1;
}

/** SD-NAME: up to 32 visible characters besides `=`, `]` and `"`; we take longer ones too. */
function endOfName(text: string, at: number): number {
  let index = at;
  for (let code = text.charCodeAt(index); code > 0x20 && code < 0x7f; code = text.charCodeAt(++index)) {
    if (code === 0x3d || code === 0x5d || code === 0x22) break;
  }
  return index;
}

function endOfValue(text: string, at: number): number {
  for (let index = at; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x5c) index++;
    else if (code === 0x22) return index;
  }
  return -1;
}
