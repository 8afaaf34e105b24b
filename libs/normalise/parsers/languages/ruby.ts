import { severityOfWord } from '@tailrace/log-record/severity.ts';
import type { Draft } from '../../draft.ts';
import type { Line } from '../../line.ts';
import { timeAt } from '../../time/time-at.ts';
import type { TextParser } from '../text-parser.ts';

/** Ruby's Logger calls a message without a level ANY. */
const loggerPattern =
  /([DIWEFA]), \[([0-9T:.-]{19,26}) #([0-9]{1,10})\] {1,3}(DEBUG|INFO|WARN|ERROR|FATAL|ANY) -- ([^\n]{0,100}?): ?/y;
/** Rails puts the request's id and other tags before the message. */
const requestIdPattern = /\[([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\] /y;
const startedPattern = /^Started ([A-Z]{3,8}) "([^"\n]{1,8192})" for (\S{2,45}) at ([0-9: +-]{25})/;
/** Sidekiq since 6: `time pid=12 tid=abc class=Job jid=… INFO: message`. */
const sidekiqPattern =
  / pid=([0-9]{1,10}) tid=(\S{1,40})((?: [a-z_]{1,40}=\S{1,200}){0,8}) (DEBUG|INFO|WARN|ERROR|FATAL): /y;

/**
 * Ruby's Logger, Rails' first line of a request, and Sidekiq.
 * @see https://docs.ruby-lang.org/en/master/Logger/Formatter.html
 */
export const ruby: TextParser = {
  name: 'ruby',
  read(line, draft) {
    if (line.time !== '') return !line.bracketed && readSidekiq(line, draft);
    return readLogger(line.text, draft) || readStarted(line.text, draft);
  },
};

function readLogger(text: string, draft: Draft): boolean {
  loggerPattern.lastIndex = 0;
  const found = loggerPattern.exec(text);
  const time = found === null ? undefined : timeAt(found[2] as string, 0, draft.timestamp);
  if (found === null || time === undefined) return false;
  const level = found[4] as string;
  draft.time(time.iso);
  if (level !== 'ANY') draft.level(severityOfWord(level), level);
  draft.attribute('process.pid', found[3] as string);
  draft.attributeIfAny('log.logger', found[5]);
  let messageAt = loggerPattern.lastIndex;
  requestIdPattern.lastIndex = messageAt;
  const request = requestIdPattern.exec(text);
  if (request !== null) {
    draft.attribute('http.request.id', request[1] as string);
    messageAt = requestIdPattern.lastIndex;
  }
  draft.message(text.slice(messageAt));
  return true;
}

function readStarted(text: string, draft: Draft): boolean {
  const found = text.startsWith('Started ') ? startedPattern.exec(text) : null;
  const time = found === null ? undefined : timeAt(found[4] as string, 0, draft.timestamp);
  if (found === null || time === undefined) return false;
  draft.time(time.iso);
  draft.attribute('http.request.method', found[1] as string);
  draft.attribute('url.path', found[2] as string);
  draft.attribute('client.address', found[3] as string);
  draft.message(text);
  return true;
}

function readSidekiq({ text, time, at }: Line, draft: Draft): boolean {
  sidekiqPattern.lastIndex = at;
  const found = sidekiqPattern.exec(text);
  if (found === null) return false;
  draft.time(time);
  draft.level(severityOfWord(found[4] as string), found[4] as string);
  draft.attribute('process.pid', found[1] as string);
  draft.attribute('thread.id', found[2] as string);
  for (const pair of (found[3] as string).trim().split(' ')) {
    const equals = pair.indexOf('=');
    if (equals > 0) draft.attribute(`sidekiq.${pair.slice(0, equals)}`, pair.slice(equals + 1));
  }
  draft.message(text.slice(sidekiqPattern.lastIndex));
  return true;
}
