import { severityOfSyslog, severityOfWord } from '@tailrace/log-record/severity.ts';
import { endOfToken, isLetter, isWordCharacter, skipDigits, skipSpaces } from '../../characters.ts';
import { type Draft, envelopeRank } from '../../draft.ts';
import { isNamedLevel } from '../../head/head-levels.ts';
import { timeAt } from '../../time/time-at.ts';
import type { InnerReader, TextParser } from '../text-parser.ts';
import { type Priority, priorityOf } from './syslog-priority.ts';

/** `tag[pid]: `, the tag perhaps with a path or a container's name in it. */
const tagPattern = /([A-Za-z0-9_./@()-]{1,64})(?:\[([0-9]{1,10})\])?: ?/y;

/**
 * `<34>Jan 31 10:20:30 host tag[123]: message`, also without the priority as in /var/log/messages, and with an ISO time
 * as rsyslog writes it.
 * @see https://www.rfc-editor.org/rfc/rfc3164
 */
export const syslogRfc3164: TextParser = {
  name: 'syslog-rfc3164',
  read({ text }, draft, readInner) {
    const priority = priorityOf(text);
    const from = priority === undefined ? 0 : behindSequence(text, priority.end);
    const time = timeAt(text, from, draft.timestamp);
    if (time === undefined) return priority !== undefined && readTimeless(priority, text, draft, readInner);
    if (priority !== undefined && text.startsWith(': ', time.end)) {
      // Cisco's IOS has no host.
      draft.time(time.iso);
      readPriority(priority, draft);
      readInner(text.slice(time.end + 2), draft);
      return true;
    }
    if (text.charCodeAt(time.end) !== 0x20) return false;
    const hostAt = skipSpaces(text, time.end);
    const hostEnd = endOfToken(text, hostAt);
    if (hostEnd - hostAt > 255 || !isWordCharacter(text.charCodeAt(hostAt))) return false;
    const isHostless = text.charCodeAt(from + 3) === 0x20 && hostlessPattern.test(text.slice(hostAt, hostEnd));
    if (isHostless && priority === undefined) return readHostless(text, hostAt, hostEnd, time.iso, draft, readInner);
    tagPattern.lastIndex = hostEnd + 1;
    const tag = text.charCodeAt(hostEnd) === 0x20 ? tagPattern.exec(text) : null;
    // Without a priority, the time of syslog's own form or a process id are what distinguish it from other logs.
    const isOwnTime = text.charCodeAt(from + 3) === 0x20;
    const isCisco = isOwnTime && text.startsWith(' %', hostEnd);
    if (priority === undefined && !isCisco && (tag === null || (!isOwnTime && tag[2] === undefined))) return false;

    draft.time(time.iso);
    if (priority !== undefined) readPriority(priority, draft);
    draft.host(text.slice(hostAt, hostEnd));
    if (tag !== null) {
      draft.service(tag[1] as string, 'syslog.appname');
      draft.attributeIfAny('syslog.procid', tag[2]);
    }
    if (tag === null) readInner(text.slice(hostEnd + 1), draft);
    else readBehindTag(text.slice(tagPattern.lastIndex), draft, readInner);
    return true;
  },
};

/** `unbound[42:0]`, `imap-login:`: a program where the host would be. */
const hostlessPattern = /^([\w./-]{1,64}?)(?:\[([0-9:]{1,20})\]:?|:)$/;

function readHostless(
  text: string,
  at: number,
  end: number,
  time: string,
  draft: Draft,
  readInner: InnerReader,
): boolean {
  const [, program = '', process] = hostlessPattern.exec(text.slice(at, end)) ?? [];
  draft.time(time);
  draft.service(program, 'syslog.appname');
  draft.attributeIfAny('syslog.procid', process);
  readBehindTag(text.slice(skipSpaces(text, end)), draft, readInner);
  return true;
}

/** `program: Info: message`: behind a program's name the word is a level, as it would not be at the beginning of a line. */
function readBehindTag(text: string, draft: Draft, readInner: InnerReader): void {
  const colon = text.slice(0, longestLevel + 1).indexOf(':');
  const word = colon < 0 ? '' : text.slice(0, colon);
  const isLevel = word !== '' && isNamedLevel(word, text, colon);
  readInner(isLevel ? text.slice(colon + 2) : text, draft);
  if (isLevel) draft.level(severityOfWord(word), word);
}

const longestLevel = 8;

/** Cisco puts a blank behind the priority, and some of its devices a number with a colon; a mark for a clock that is not set. */
function behindSequence(text: string, at: number): number {
  const numberAt = skipSpaces(text, at);
  const end = skipDigits(text, numberAt);
  const from = end > numberAt && text.startsWith(': ', end) ? end + 2 : numberAt;
  const mark = text.charCodeAt(from);
  return mark === 0x2a || mark === 0x2e ? from + 1 : from;
}

function readPriority({ facility, severity, level }: Priority, draft: Draft): void {
  draft.level(severityOfSyslog(severity), level, 'syslog.severity', envelopeRank);
  draft.attribute('syslog.facility', facility);
}

/** Behind `<6>`: a severity without a facility. */
const digitAlone = 3;

/**
 * `<30>tag[123]: message` as senders on the same machine write it, and `<6>message`, the severity alone that services of
 * systemd put before their lines.
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd-daemon.html
 */
function readTimeless(priority: Priority, text: string, draft: Draft, readInner: InnerReader): boolean {
  const next = text.charCodeAt(priority.end);
  if (!isLetter(next) && next !== 0x5b && next !== 0x7b) return false;
  if (priority.end === digitAlone) {
    draft.level(severityOfSyslog(priority.severity), priority.level, 'syslog.severity', envelopeRank);
  } else readPriority(priority, draft);
  tagPattern.lastIndex = priority.end;
  const tag = tagPattern.exec(text);
  if (tag !== null && tag[2] !== undefined) {
    draft.service(tag[1] as string, 'syslog.appname');
    draft.attribute('syslog.procid', tag[2]);
    readBehindTag(text.slice(tagPattern.lastIndex), draft, readInner);
  } else readInner(text.slice(priority.end), draft);
  return true;
}
