import { severityOfWord } from '@tailrace/log-record/severity.ts';
import type { Draft } from '../../draft.ts';
import { type Header, headerAt } from '../../head/header.ts';
import { readMessage } from '../../json/json-text.ts';
import type { Line } from '../../line.ts';
import type { TextParser } from '../text-parser.ts';

/** A class and method of java.util.logging's first line, the level of its second. */
const julPattern = / ([\w.$]{1,200})(?: ([\w$<>]{1,200}))?\r?\n([A-Z]{4,7}): /y;
/** Tomcat puts class and method before the message, with nothing between. */
const tomcatPattern = /([\w.$]{1,200}\.[\w$<>]{1,200}) /y;
const trailingLoggerPattern = /^(.{0,10000}) \(([\w$]{1,100}(?:\.[\w$]{1,100}){1,20})\)$/;

/**
 * The usual layouts of log4j, logback, Spring Boot, JBoss, Kafka, Tomcat and java.util.logging: a time, then level,
 * thread and logger in any order.
 */
export const java: TextParser = {
  name: 'java',
  read(line, draft) {
    if (line.time === '') return false;
    if (line.text.charCodeAt(3) === 0x20) return readJul(line, draft);
    const header = headerAt(line.text, line.at);
    if (header.level === '') return false;
    if (header.logger !== '') return readLogger(header, line, draft);
    if (header.parenthesis !== '' && header.brackets.length === 1) return readJboss(header, line, draft);
    if (line.text.charCodeAt(2) === 0x2d) return readTomcat(header, line, draft);
    return line.bracketed && readTrailingLogger(header, line, draft);
  },
};

function common(header: Header, line: Line, draft: Draft): void {
  draft.time(line.time);
  draft.level(header.severity, header.level);
  const numbers = header.processId === '' ? header.numbers : [header.processId, ...header.numbers];
  const [process, thread, ...rest] = numbers;
  draft.attributeIfAny('process.pid', process);
  draft.attributeIfAny('thread.id', thread);
  draft.attributeIfAny('log.numbers', rest.join(' '));
}

function readLogger(header: Header, line: Line, draft: Draft): boolean {
  common(header, line, draft);
  draft.attribute('log.logger', header.logger);
  draft.attributeIfAny('log.location', header.parenthesis);
  readBrackets(header.brackets, draft);
  readMessage(line.text.slice(header.messageAt), draft);
  return true;
}

/** The last is the thread, those before it are whatever else a layout shows; a trace may stand anywhere. */
function readBrackets(brackets: readonly string[], draft: Draft): void {
  const names: string[] = [];
  for (const bracket of brackets) if (!readTrace(bracket, draft)) names.push(bracket.trim());
  const thread = names.pop();
  draft.attributeIfAny('log.context', names.filter((name) => name !== '').join(' '));
  draft.attributeIfAny('thread.name', thread);
}

/** Spring Cloud Sleuth's `app,trace id,span id` and Micrometer's `trace id-span id`. */
const tracePattern = /^(?:([\w.-]{0,100}),)?([0-9a-f]{32})[,-]([0-9a-f]{16})$/;
const shortestTrace = 49;

function readTrace(bracket: string, draft: Draft): boolean {
  const found = bracket.length < shortestTrace ? null : tracePattern.exec(bracket);
  if (found === null) return false;
  const [, app = '', trace = '', span = ''] = found;
  draft.traceContext({ traceId: trace, spanId: span });
  if (app !== '') draft.service(app, 'log.context');
  return true;
}

/** `time LEVEL [logger] (thread) message` of JBoss, WildFly and Quarkus. */
function readJboss(header: Header, line: Line, draft: Draft): boolean {
  common(header, line, draft);
  draft.attribute('log.logger', header.brackets[0] as string);
  draft.attribute('thread.name', header.parenthesis);
  readMessage(line.text.slice(header.messageAt), draft);
  return true;
}

/** `31-Jan-2024 10:20:30.123 INFO [main] org.apache.catalina.startup.Catalina.start message`. */
function readTomcat(header: Header, line: Line, draft: Draft): boolean {
  tomcatPattern.lastIndex = header.messageAt;
  const method = tomcatPattern.exec(line.text);
  if (method === null) return false;
  common(header, line, draft);
  draft.attribute('log.logger', method[1] as string);
  readBrackets(header.brackets, draft);
  draft.message(line.text.slice(tomcatPattern.lastIndex));
  return true;
}

/** `[time] LEVEL message (logger)`, as Kafka's own log has it. */
function readTrailingLogger(header: Header, line: Line, draft: Draft): boolean {
  const lineEnd = line.text.indexOf('\n');
  const first = line.text.slice(header.afterLevel, lineEnd < 0 ? line.text.length : lineEnd);
  const found = first.endsWith(')') ? trailingLoggerPattern.exec(first) : null;
  if (found === null) return false;
  common(header, line, draft);
  draft.attribute('log.logger', found[2] as string);
  readBrackets(header.brackets.slice(0, header.bracketsBeforeLevel), draft);
  draft.message((found[1] as string).trimStart() + (lineEnd < 0 ? '' : line.text.slice(lineEnd)));
  return true;
}

/** `Jan 31, 2024 10:20:30 PM com.example.Main run⏎INFO: message`. */
function readJul({ text, time, at }: Line, draft: Draft): boolean {
  julPattern.lastIndex = at;
  const found = julPattern.exec(text);
  const number = found === null ? 0 : severityOfWord(found[3] as string);
  if (found === null || number === 0) return false;
  draft.time(time);
  draft.level(number, found[3] as string);
  draft.attribute('log.logger', found[1] as string);
  draft.attributeIfAny('code.function.name', found[2]);
  draft.message(text.slice(julPattern.lastIndex));
  return true;
}
