import { severityOfWord } from '@tailrace/log-record/severity.ts';
import { skipSpaces } from '../../characters.ts';
import type { Draft } from '../../draft.ts';
import { readMessage } from '../../json/json-text.ts';
import type { Line } from '../../line.ts';
import { timeAt } from '../../time/time-at.ts';
import type { TextParser } from '../text-parser.ts';
import { requestAttributes } from '../web/http-request.ts';

/** logging.basicConfig's `LEVEL:name:message`. */
const basicPattern = /(DEBUG|INFO|WARNING|ERROR|CRITICAL):([\w.]{1,200}):/y;
/** uvicorn's `INFO:     message`: the level's column is ten wide. */
const uvicornPattern = /(TRACE|DEBUG|INFO|WARNING|ERROR|CRITICAL): {2,5}(?=\S)/y;
/** uvicorn's access lines: `127.0.0.1:5000 - "GET / HTTP/1.1" 200 OK`. */
const uvicornAccessPattern = /^([0-9a-fA-F.:[\]]{2,50}):([0-9]{1,5}) - "([^"\n]{1,8192})" ([0-9]{3})\b/;
/** `time - name - LEVEL - message` and without the name. */
const dashedPattern = / - (?:([\w.]{1,200}) - )?([A-Z]{4,8}) - /y;
/** loguru's `time | LEVEL    | module:function:12 - message`. */
const loguruPattern = / \| ([A-Z]{4,8}) {0,4} \| ([\w.<>]{1,200}):([\w<>]{1,200}):([0-9]{1,7}) - /y;
/** celery's `[time: LEVEL/Process] message`. */
const celeryPattern = /: ([A-Z]{4,8})\/([\w-]{1,100})\] /y;
/** gunicorn's `[time +0000] [123] [LEVEL] message`. */
const gunicornPattern = / \[([0-9]{1,10})\] \[([A-Z]{4,8})\] /y;
/** Flask's `[time] LEVEL in module: message`. */
const flaskPattern = / ([A-Z]{4,8}) in ([\w.]{1,200}): /y;
/** Django's verbose `LEVEL time module 123 456 message`. */
const djangoPattern = / ([\w.]{1,200}) ([0-9]{1,10}) ([0-9]{1,20}) /y;

/** What Python's logging and the usual frameworks write by default; tracebacks that nothing stands before. */
export const python: TextParser = {
  name: 'python',
  read(line, draft) {
    if (line.time !== '') return line.bracketed ? readBracketed(line, draft) : readTimed(line, draft);
    const first = line.text.charCodeAt(0);
    if (first === 0x54 && line.text.startsWith('Traceback (most recent call last):')) {
      draft.message(line.text);
      draft.inferError();
      return true;
    }
    return first >= 0x43 && first <= 0x57 && readLevelFirst(line.text, draft);
  },
};

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** @returns whether the word is a level; the draft has it then. */
function level(word: string, draft: Draft): boolean {
  const number = severityOfWord(word);
  if (number !== 0) draft.level(number, word);
  return number !== 0;
}

function readTimed({ text, time, at }: Line, draft: Draft): boolean {
  if (text.charCodeAt(at) !== 0x20) return false;
  const next = text.charCodeAt(at + 1);
  if (next === 0x2d) {
    const dashed = match(dashedPattern, text, at);
    if (dashed === null || !level(dashed[2] as string, draft)) return false;
    draft.attributeIfAny('log.logger', dashed[1]);
    draft.time(time);
    readMessage(text.slice(dashedPattern.lastIndex), draft);
    return true;
  }
  const loguru = next === 0x7c ? match(loguruPattern, text, at) : null;
  if (loguru === null || !level(loguru[1] as string, draft)) return false;
  draft.time(time);
  draft.attribute('log.logger', loguru[2] as string);
  draft.attribute('code.function.name', loguru[3] as string);
  draft.attribute('code.line.number', loguru[4] as string);
  readMessage(text.slice(loguruPattern.lastIndex), draft);
  return true;
}

function readBracketed({ text, time, at }: Line, draft: Draft): boolean {
  const celery = match(celeryPattern, text, at);
  if (celery !== null && level(celery[1] as string, draft)) {
    draft.attribute('process.name', celery[2] as string);
    draft.message(text.slice(celeryPattern.lastIndex));
    draft.time(time);
    return true;
  }
  const gunicorn = match(gunicornPattern, text, at);
  if (gunicorn !== null && level(gunicorn[2] as string, draft)) {
    draft.attribute('process.pid', gunicorn[1] as string);
    draft.message(text.slice(gunicornPattern.lastIndex));
    draft.time(time);
    return true;
  }
  const flask = match(flaskPattern, text, at);
  if (flask === null || !level(flask[1] as string, draft)) return false;
  draft.attribute('log.logger', flask[2] as string);
  draft.message(text.slice(flaskPattern.lastIndex));
  draft.time(time);
  return true;
}

function readLevelFirst(text: string, draft: Draft): boolean {
  const basic = match(basicPattern, text, 0);
  if (basic !== null && level(basic[1] as string, draft)) {
    draft.attribute('log.logger', basic[2] as string);
    readMessage(text.slice(basicPattern.lastIndex), draft);
    return true;
  }
  const uvicorn = match(uvicornPattern, text, 0);
  if (uvicorn !== null && level(uvicorn[1] as string, draft)) {
    readUvicorn(text.slice(uvicornPattern.lastIndex), draft);
    return true;
  }
  return readDjango(text, draft);
}

function readUvicorn(text: string, draft: Draft): void {
  const request = uvicornAccessPattern.exec(text);
  if (request !== null) {
    draft.attribute('client.address', request[1] as string);
    draft.attribute('client.port', request[2] as string);
    requestAttributes(request[3] as string, draft);
    draft.attribute('http.response.status_code', request[4] as string);
  }
  draft.message(text);
}

function readDjango(text: string, draft: Draft): boolean {
  const levelEnd = text.slice(0, 9).indexOf(' ');
  const time = levelEnd < 0 ? undefined : timeAt(text, levelEnd + 1, draft.timestamp);
  const place = time === undefined ? null : match(djangoPattern, text, time.end);
  if (time === undefined || place === null || !level(text.slice(0, levelEnd), draft)) return false;
  draft.time(time.iso);
  draft.attribute('log.logger', place[1] as string);
  draft.attribute('process.pid', place[2] as string);
  draft.attribute('thread.id', place[3] as string);
  draft.message(text.slice(skipSpaces(text, djangoPattern.lastIndex)));
  return true;
}
