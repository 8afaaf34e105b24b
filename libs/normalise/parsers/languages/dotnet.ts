import { severity, severityOfWord } from '@tailrace/log-record/severity.ts';
import type { Draft } from '../../draft.ts';
import { readMessage } from '../../json/json-text.ts';
import type { Line } from '../../line.ts';
import type { TextParser } from '../text-parser.ts';

/** ConsoleLogger's four letters, `crit` among them, which is .NET's Critical and not syslog's. */
const consoleLevels: Readonly<Record<string, number>> = {
  trce: severity.trace,
  dbug: severity.debug,
  info: severity.info,
  warn: severity.warn,
  fail: severity.error,
  crit: severity.fatal,
};
/** `info: Category[0]` and, on the next line or behind it, the message. */
const consolePattern = /(trce|dbug|info|warn|fail|crit): ([^[\s]{1,250})\[(-?[0-9]{1,10})\][ \r]?\n? */y;
/** Serilog's `[10:20:30 INF] message`, with the time's bracket closing behind the level. */
const serilogPattern = / (VRB|DBG|INF|WRN|ERR|FTL)\] /y;
/** Serilog's file: `2024-01-31 10:20:30.123 +00:00 [INF] message`. */
const serilogFilePattern = / \[(VRB|DBG|INF|WRN|ERR|FTL)\] /y;
/** NLog's `time|LEVEL|logger|message`. */
const nlogPattern = /\|([A-Z]{4,5})\|([^|\n]{0,250})\|/y;

/** Microsoft.Extensions.Logging's console, Serilog, NLog, and exceptions that nothing handled. */
export const dotnet: TextParser = {
  name: 'dotnet',
  read(line, draft) {
    if (line.time !== '') return readTimed(line, draft) || readConsole(line.text, line.at + 1, line.time, draft);
    if (line.text.startsWith('Unhandled exception. ')) {
      draft.message(line.text);
      draft.inferError();
      return true;
    }
    return readConsole(line.text, 0, '', draft);
  },
};

function readConsole(text: string, at: number, time: string, draft: Draft): boolean {
  consolePattern.lastIndex = at;
  const found = consolePattern.exec(text);
  if (found === null) return false;
  if (time !== '') draft.time(time);
  draft.level(consoleLevels[found[1] as string] as number, found[1] as string);
  draft.attribute('log.logger', found[2] as string);
  draft.attribute('dotnet.event_id', found[3] as string);
  readMessage(unindented(text.slice(consolePattern.lastIndex)), draft);
  return true;
}

/** Further lines of a message are indented by six spaces. */
function unindented(text: string): string {
  return text.includes('\n      ') ? text.replaceAll('\n      ', '\n') : text;
}

function readTimed({ text, time, at, bracketed }: Line, draft: Draft): boolean {
  const isNlog = text.charCodeAt(at) === 0x7c;
  const pattern = bracketed ? serilogPattern : isNlog ? nlogPattern : serilogFilePattern;
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  const number = found === null ? 0 : severityOfWord(found[1] as string);
  if (found === null || number === 0) return false;
  draft.time(time);
  draft.level(number, found[1] as string);
  if (isNlog) draft.attributeIfAny('log.logger', found[2]);
  readMessage(text.slice(pattern.lastIndex), draft);
  return true;
}
