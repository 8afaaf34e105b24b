import { severityOfSyslog } from '@tailrace/log-record/severity.ts';
import { endOfToken, skipSpaces } from '../../characters.ts';
import { envelopeRank } from '../../draft.ts';
import { timeAt } from '../../time/time-at.ts';
import type { TextParser } from '../text-parser.ts';
import { priorityOf } from './syslog-priority.ts';

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
    // Cisco puts a blank behind the priority, and some of its devices a number with a colon.
    const from = priority === undefined ? 0 : skipSpaces(text, priority.end);
    const time = timeAt(text, from, draft.timestamp);
    if (time === undefined || text.charCodeAt(time.end) !== 0x20) return false;
    const hostAt = skipSpaces(text, time.end);
    const hostEnd = endOfToken(text, hostAt);
    if (hostEnd === hostAt || hostEnd - hostAt > 255) return false;
    tagPattern.lastIndex = hostEnd + 1;
    const tag = text.charCodeAt(hostEnd) === 0x20 ? tagPattern.exec(text) : null;
    // Without a priority, the time of syslog's own form or a process id are what tell it from other logs.
    const isOwnTime = text.charCodeAt(from + 3) === 0x20;
    if (priority === undefined && (tag === null || (!isOwnTime && tag[2] === undefined))) return false;

    draft.time(time.iso);
    if (priority !== undefined) {
      draft.level(severityOfSyslog(priority.severity), priority.level, 'syslog.severity', envelopeRank);
      draft.attribute('syslog.facility', priority.facility);
    }
    draft.host(text.slice(hostAt, hostEnd));
    if (tag !== null) {
      draft.service(tag[1] as string, 'syslog.appname');
      draft.attributeIfAny('syslog.procid', tag[2]);
    }
    readInner(text.slice(tag === null ? hostEnd + 1 : tagPattern.lastIndex), draft);
    return true;
  },
};
