import { severity } from '@tailrace/log-record/severity.ts';
import { digitsAt, isDigit, skipDigits, skipSpaces } from '../../characters.ts';
import { Draft } from '../../draft.ts';
import { readMessage } from '../../json-text.ts';
import { timeAt } from '../../time/time-at.ts';
import { readPairs } from '../pairs.ts';
import { endOfQuoted, unquoted } from '../quoted.ts';
import type { TextParser } from '../text-parser.ts';

const severities: Readonly<Record<string, number>> = {
  I: severity.info,
  W: severity.warn,
  E: severity.error,
  F: severity.fatal,
};
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const longestPlace = 256;

/**
 * `I0131 10:20:30.123456   12345 file.go:42] message` of Kubernetes' klog, glog and absl (whose newer form has the year
 * before the month), also with structured pairs behind a quoted message.
 * @see https://pkg.go.dev/k8s.io/klog/v2
 */
export const klog: TextParser = {
  name: 'klog',
  read({ text }, draft) {
    const level = severities[text.charAt(0)];
    if (level === undefined || digitsAt(text, 1, 4) < 0) return false;
    const dateEnd = skipDigits(text, 1);
    if ((dateEnd !== 5 && dateEnd !== 9) || text.charCodeAt(dateEnd) !== 0x20) return false;
    const time = timeAt(text, dateEnd + 1, draft.timestamp);
    if (time === undefined) return false;
    const threadAt = skipSpaces(text, time.end);
    const placeAt = skipSpaces(text, skipDigits(text, threadAt));
    const place = text.slice(placeAt, placeAt + longestPlace);
    const close = place.indexOf('] ');
    const colon = place.lastIndexOf(':', close);
    if (!isDigit(text.charCodeAt(threadAt)) || close < 0 || colon < 0) return false;

    draft.time(dateOf(text, dateEnd, draft.timestamp) + time.iso);
    draft.level(level, text.charAt(0));
    draft.attribute('thread.id', text.slice(threadAt, skipDigits(text, threadAt)));
    draft.attribute('code.file.path', place.slice(0, colon));
    draft.attribute('code.line.number', place.slice(colon + 1, close));
    readBody(text.slice(placeAt + close + 2), draft);
    return true;
  },
};

function dateOf(text: string, dateEnd: number, reference: number): string {
  const month = text.slice(dateEnd - 4, dateEnd - 2);
  const day = text.slice(dateEnd - 2, dateEnd);
  if (dateEnd === 9) return `${text.slice(1, 5)}-${month}-${day}`;
  const whole = timeAt(`${months[Number(month) - 1]} ${day} 00:00:00`, 0, reference);
  return whole === undefined ? '' : whole.iso.slice(0, 10);
}

/** `"Pod updated" pod="kube-system/x" status="ready"`, or plain text. */
function readBody(text: string, draft: Draft): void {
  const messageEnd = text.startsWith('"') ? endOfQuoted(text, 0) : -1;
  const inner = new Draft(draft.timestamp);
  if (messageEnd < 0 || readPairs(text, messageEnd, inner) < 0) {
    readMessage(text, draft);
    return;
  }
  draft.message(unquoted(text, 0, messageEnd));
  draft.absorb(inner);
}
