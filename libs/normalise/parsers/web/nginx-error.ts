import { severityOfWord } from '@tailrace/log-record/severity.ts';
import { skipDigits } from '../../characters.ts';
import type { Draft } from '../../draft.ts';
import type { AnchoredParser } from '../text-parser.ts';
import { present, requestAttributes } from './http-request.ts';

/** The parts that nginx appends to a message, in its order. */
const parts: readonly (readonly [string, string])[] = [
  [', client: ', 'client.address'],
  [', server: ', 'server.address'],
  [', request: ', ''],
  [', upstream: ', 'nginx.upstream'],
  [', host: ', 'http.request.header.host'],
  [', referrer: ', 'http.request.header.referer'],
];

/**
 * `2024/01/31 10:20:30 [error] 123#456: *789 message, client: 10.0.0.1, server: example.com, request: "GET / HTTP/1.1"`.
 * @see https://nginx.org/en/docs/ngx_core_module.html#error_log
 */
export const nginxError: AnchoredParser = {
  name: 'nginx-error',
  beginnings: ['timeBracket'],
  read({ text, time, at }, draft) {
    if (time === '' || text.charCodeAt(4) !== 0x2f || !text.startsWith(' [', at)) return false;
    const levelEnd = text.slice(at, at + 16).indexOf('] ') + at;
    const level = text.slice(at + 2, levelEnd);
    const severity = severityOfWord(level);
    const processAt = levelEnd + 2;
    const processEnd = skipDigits(text, processAt);
    const threadEnd = skipDigits(text, processEnd + 1);
    if (severity === 0 || text.charCodeAt(processEnd) !== 0x23 || !text.startsWith(': ', threadEnd)) return false;

    draft.time(time);
    draft.level(severity, level);
    draft.attribute('process.pid', text.slice(processAt, processEnd));
    draft.attribute('thread.id', text.slice(processEnd + 1, threadEnd));
    let messageAt = threadEnd + 2;
    const connectionEnd = skipDigits(text, messageAt + 1);
    if (text.charCodeAt(messageAt) === 0x2a && text.charCodeAt(connectionEnd) === 0x20) {
      draft.attribute('nginx.connection', text.slice(messageAt + 1, connectionEnd));
      messageAt = connectionEnd + 1;
    }
    const messageEnd = text.indexOf(parts[0]![0], messageAt);
    draft.message(text.slice(messageAt, messageEnd < 0 ? text.length : messageEnd));
    if (messageEnd >= 0) readParts(text, messageEnd, draft);
    return true;
  },
};

function readParts(text: string, from: number, draft: Draft): void {
  const found = parts
    .map(([label, key]) => ({ label, key, at: text.indexOf(label, from) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at);
  found.forEach(({ label, key, at }, index) => {
    const value = withoutQuotes(text.slice(at + label.length, found[index + 1]?.at ?? text.length));
    if (key === '') requestAttributes(value, draft);
    else present(draft, key, value);
  });
}

function withoutQuotes(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
