import { severity, severityOfWord } from '@tailrace/log-record/severity.ts';
import type { Draft } from '../../draft.ts';
import { readJsonText, readMessage } from '../../json/json-text.ts';
import type { Line } from '../../line.ts';
import { timeAt } from '../../time/time-at.ts';
import type { TextParser } from '../text-parser.ts';

/** winston's `time [label] level: message` and `level: message`: npm's levels, in small letters. */
const winstonPattern = / ?(?:\[([^\]\n]{1,100})\] )?(error|warn|info|http|verbose|debug|silly): /y;
/** pino-pretty's `[time] LEVEL (name/123 on host): message`, bunyan's `[time]  LEVEL: name/123 on host: message`. */
const prettyPattern =
  / {1,2}(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)(?: \(([^)\n]{1,200})\))?:(?: ([\w.@/-]{1,200})\/([0-9]{1,10}) on ([\w.-]{1,200}):)? /y;
/** log4js's `[time] [LEVEL] category - message`. */
const log4jsPattern = / \[(TRACE|DEBUG|INFO|WARN|ERROR|FATAL|MARK)\] ([\w.@/-]{1,200}) - /y;
/** Nest's `[Nest] 123  - 01/31/2024, 10:20:30 PM     LOG [Context] message`. */
const nestPattern = /\[([A-Za-z]\w{1,40})\] ([0-9]{1,10}) {1,4}- /y;
const nestLevelPattern = / {1,10}(LOG|ERROR|WARN|DEBUG|VERBOSE|FATAL) (?:\[([^\]\n]{1,200})\] )?/y;

/** Warnings of Node and npm, and the text forms of winston, pino-pretty, bunyan, log4js and Nest. */
export const node: TextParser = {
  name: 'node',
  read(line, draft) {
    if (line.time === '') {
      return line.text.charCodeAt(0) === 0x5b
        ? readNest(line.text, draft)
        : readWinston(line, draft) || readOwn(line.text, draft);
    }
    return line.bracketed ? readPretty(line, draft) || readLog4js(line, draft) : readWinston(line, draft);
  },
};

/** `npm ERR! code E404` and since npm 10 `npm error code E404`. */
const npmPattern = /npm (ERR!|WARN|error|warn|notice|verbose|http|info) (?=\S)/y;
/** Node's own `(node:12) [DEP0005] DeprecationWarning: message`. */
const warningPattern = /\(node:([0-9]{1,10})\) (?:\[(\w{1,40})\] )?(?:\w{0,60}Warning): /y;

function readOwn(text: string, draft: Draft): boolean {
  npmPattern.lastIndex = 0;
  const npm = text.charCodeAt(0) === 0x6e ? npmPattern.exec(text) : null;
  if (npm !== null) {
    const level = npm[1] as string;
    draft.level(severityOfWord(level === 'ERR!' ? 'err' : level), level);
    draft.attribute('log.logger', 'npm');
    draft.message(text.slice(npmPattern.lastIndex));
    return true;
  }
  warningPattern.lastIndex = 0;
  const warning = text.charCodeAt(0) === 0x28 ? warningPattern.exec(text) : null;
  if (warning === null) return false;
  draft.level(severity.warn, 'Warning');
  draft.attribute('process.pid', warning[1] as string);
  draft.attributeIfAny('error.code', warning[2]);
  draft.message(text.slice(text.indexOf(') ') + 2));
  return true;
}

function readWinston({ text, time, at }: Line, draft: Draft): boolean {
  winstonPattern.lastIndex = at;
  const found = winstonPattern.exec(text);
  if (found === null || (time === '' && text.charCodeAt(0) === 0x20)) return false;
  if (time !== '') draft.time(time);
  draft.level(severityOfWord(found[2] as string), found[2] as string);
  draft.attributeIfAny('log.logger', found[1]);
  readMessageAndMeta(text.slice(winstonPattern.lastIndex), draft);
  return true;
}

/** winston's simple format appends the other fields as JSON. */
function readMessageAndMeta(text: string, draft: Draft): void {
  const metaAt = text.endsWith('}') ? text.indexOf(' {"') : -1;
  if (metaAt > 0 && readJsonText(text.slice(metaAt + 1), draft)) draft.replaceBody(text.slice(0, metaAt));
  else readMessage(text, draft);
}

function readPretty({ text, time, at }: Line, draft: Draft): boolean {
  prettyPattern.lastIndex = at;
  const found = prettyPattern.exec(text);
  if (found === null) return false;
  const [, level, origin, name, pid, host] = found;
  draft.time(time);
  draft.level(severityOfWord(level as string), level as string);
  draft.attributeIfAny('log.logger', name);
  draft.attributeIfAny('process.pid', pid);
  if (host !== undefined) draft.host(host);
  if (origin !== undefined) readOrigin(origin, draft);
  draft.message(text.slice(prettyPattern.lastIndex));
  return true;
}

/** `123`, `name/123`, each perhaps with ` on host`. */
function readOrigin(origin: string, draft: Draft): void {
  const [process = '', host] = origin.split(' on ', 2);
  const slash = process.lastIndexOf('/');
  if (slash > 0) draft.attribute('log.logger', process.slice(0, slash));
  draft.attribute('process.pid', process.slice(slash + 1));
  if (host !== undefined) draft.host(host);
}

function readLog4js({ text, time, at }: Line, draft: Draft): boolean {
  log4jsPattern.lastIndex = at;
  const found = log4jsPattern.exec(text);
  if (found === null) return false;
  draft.time(time);
  const number = severityOfWord(found[1] as string);
  if (number !== 0) draft.level(number, found[1] as string);
  draft.attribute('log.logger', found[2] as string);
  draft.message(text.slice(log4jsPattern.lastIndex));
  return true;
}

function readNest(text: string, draft: Draft): boolean {
  nestPattern.lastIndex = 0;
  const application = nestPattern.exec(text);
  const time = application === null ? undefined : timeAt(text, nestPattern.lastIndex, draft.timestamp);
  if (application === null || time === undefined) return false;
  nestLevelPattern.lastIndex = time.end;
  const found = nestLevelPattern.exec(text);
  if (found === null) return false;
  draft.time(time.iso);
  draft.level(severityOfWord(found[1] as string), found[1] as string);
  draft.attribute('process.pid', application[2] as string);
  draft.attributeIfAny('log.logger', found[2]);
  draft.message(text.slice(nestLevelPattern.lastIndex));
  return true;
}
