import { severity, severityOfWord } from '@tailrace/log-record/severity.ts';
import { isDigit } from '../../characters.ts';
import { Draft } from '../../draft.ts';
import { lineHeadOf } from '../../head/line-head.ts';
import { readJsonText } from '../../json/json-text.ts';
import type { Line } from '../../line.ts';
import { timeAt } from '../../time/time-at.ts';
import { readPairs } from '../pairs.ts';
import type { TextParser } from '../text-parser.ts';
import { requestAttributes } from '../web/http-request.ts';

/** log.Lshortfile's `file.go:12: `. */
const filePattern = / ([\w./@+-]{1,250}\.go):([0-9]{1,7}): /y;
/** slog's default handler puts the level first. */
const slogPattern = / (DEBUG|INFO|WARN|ERROR)(?:[+-][0-9]{1,3})? /y;
/** logrus's text for terminals: `INFO[0012] message    key=value`, or with a whole time. */
const logrusPattern = /(TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)\[([^\]\n]{1,40})\] ?/y;
const logrusLevels: Readonly<Record<string, number>> = {
  TRAC: severity.trace,
  DEBU: severity.debug,
  INFO: severity.info,
  WARN: severity.warn,
  ERRO: severity.error,
  FATA: severity.fatal,
  PANI: severity.fatal,
};
/** zerolog's console: `time INF message key=value`. */
const zerologPattern = / (TRC|DBG|INF|WRN|ERR|FTL|PNC) /y;
/** gin's `[GIN] 2024/01/31 - 10:20:30 | 200 |   1.2ms |  10.0.0.1 | GET      "/path"`. */
const ginPattern =
  /\[GIN\] ([0-9]{4})\/([0-9]{2})\/([0-9]{2}) - ([0-9:]{8}) \| {1,4}([0-9]{3}) \| {0,16}([^ |\n]{1,20}) \| {0,45}([^ |\n]{1,45}) \| ([A-Z]{3,7}) {1,8}"([^"\n]{1,8192})"/y;

/**
 * Go's log package, slog's default handler, zap's and zerolog's console forms, logrus for terminals, gin's requests, and
 * panics.
 */
export const go: TextParser = {
  name: 'go',
  read(line, draft) {
    if (line.time !== '') return !line.bracketed && readTimed(line, draft);
    if (line.text.startsWith('panic: ')) {
      draft.message(line.text);
      draft.inferError();
      return true;
    }
    return line.text.charCodeAt(0) === 0x5b ? readGin(line.text, draft) : readLogrus(line.text, draft);
  },
};

function readTimed(line: Line, draft: Draft): boolean {
  const { text, at } = line;
  if (text.charCodeAt(at) === 0x09) return readZap(line, draft);
  zerologPattern.lastIndex = at;
  const zerolog = text.charCodeAt(at + 4) === 0x20 ? zerologPattern.exec(text) : null;
  if (zerolog !== null) {
    draft.time(line.time);
    draft.level(severityOfWord(zerolog[1] as string), zerolog[1] as string);
    readMessageAndPairs(text.slice(zerologPattern.lastIndex), draft);
    return true;
  }
  const isStandard = text.charCodeAt(4) === 0x2f && isDigit(text.charCodeAt(3)) && text.charCodeAt(at) === 0x20;
  return isStandard && readStandard(line, draft);
}

/** `2024/01/31 10:20:30 message`: nobody else has slashes and no level. */
function readStandard({ text, time, at }: Line, draft: Draft): boolean {
  slogPattern.lastIndex = at;
  const slog = slogPattern.exec(text);
  // What people put into log.SetPrefix or before each message: `[ERROR] …`, `main.go:12: ERROR: …`.
  if (slog === null && hasLevel(text, at, draft.timestamp)) return false;
  draft.time(time);
  if (slog !== null) {
    draft.level(severityOfWord(slog[1] as string), slog[1] as string);
    readMessageAndPairs(text.slice(slogPattern.lastIndex), draft);
    return true;
  }
  filePattern.lastIndex = at;
  const file = filePattern.exec(text);
  if (file !== null) {
    draft.attribute('code.file.path', file[1] as string);
    draft.attribute('code.line.number', file[2] as string);
  }
  draft.message(text.slice(file === null ? at + 1 : filePattern.lastIndex));
  return true;
}

/** `http: ` is what net/http begins its own messages with. */
function hasLevel(text: string, at: number, reference: number): boolean {
  if (text.startsWith(' http: ', at)) return false;
  const head = lineHeadOf(text, reference);
  return head !== undefined && head.level !== '';
}

/** `time⇥LEVEL⇥[logger⇥][file.go:12⇥]message[⇥{"key":"value"}]`. */
function readZap({ text, time, at }: Line, draft: Draft): boolean {
  const lineEnd = text.indexOf('\n', at);
  const columns = text.slice(at + 1, lineEnd < 0 ? text.length : lineEnd).split('\t', 6);
  const level = columns.shift() ?? '';
  const number = severityOfWord(level);
  if (number === 0 || columns.length === 0 || columns.length > 4) return false;
  draft.time(time);
  draft.level(number, level);
  const last = columns[columns.length - 1] as string;
  if (columns.length > 1 && last.startsWith('{') && readJsonText(last, draft)) columns.pop();
  const message = columns.pop() as string;
  for (const column of columns) {
    const colon = column.lastIndexOf('.go:');
    if (colon < 0) draft.attribute('log.logger', column);
    else {
      draft.attribute('code.file.path', column.slice(0, colon + 3));
      draft.attribute('code.line.number', column.slice(colon + 4));
    }
  }
  draft.replaceBody(lineEnd < 0 ? message : message + text.slice(lineEnd));
  return true;
}

function readLogrus(text: string, draft: Draft): boolean {
  logrusPattern.lastIndex = 0;
  const found = logrusPattern.exec(text);
  if (found === null) return false;
  draft.level(logrusLevels[found[1] as string] as number, found[1] as string);
  const since = found[2] as string;
  const time = timeAt(since, 0, draft.timestamp);
  if (time !== undefined && time.end === since.length) draft.time(time.iso);
  else draft.attribute('log.elapsed', since);
  readMessageAndPairs(text.slice(logrusPattern.lastIndex), draft);
  return true;
}

function readGin(text: string, draft: Draft): boolean {
  ginPattern.lastIndex = 0;
  const found = ginPattern.exec(text);
  if (found === null) return false;
  const [, year, month, day, clock, status, latency, client, method, target] = found;
  draft.time(`${year}-${month}-${day}T${clock}`);
  draft.attribute('http.response.status_code', status as string);
  draft.attribute('http.server.request.duration', latency as string);
  draft.attribute('client.address', client as string);
  requestAttributes(`${method} ${target} -`, draft);
  draft.message(text.slice(6));
  return true;
}

/** The first ` key=` from which pairs go to the end parts the message from them; without one all is message. */
function readMessageAndPairs(text: string, draft: Draft): void {
  const first = text.indexOf('=');
  const pairsAt = first < 0 ? -1 : text.lastIndexOf(' ', first) + 1;
  const inner = new Draft(draft.timestamp);
  if (pairsAt <= 0 || readPairs(text, pairsAt, inner) < 0) {
    draft.message(text);
    return;
  }
  draft.message(text.slice(0, pairsAt).trimEnd());
  draft.absorb(inner);
}
