import { severity } from '@tailrace/log-record/severity.ts';
import { digitsAt, skipDigits, skipSpaces } from '../../characters.ts';
import { Draft } from '../../draft.ts';
import { readMessage } from '../../json/json-text.ts';
import type { Line } from '../../line.ts';
import type { FoundTime } from '../../time/date-and-clock.ts';
import { isoOfEpoch } from '../../time/epoch.ts';
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
 * before the month), also with structured pairs behind a quoted message; CockroachDB's and TensorFlow's variants of it.
 * @see https://pkg.go.dev/k8s.io/klog/v2
 */
export const klog: TextParser = {
  name: 'klog',
  read(line, draft) {
    if (line.time !== '') return readTensorflow(line, draft);
    const { text } = line;
    const level = severities[text.charAt(0)];
    if (level === undefined || digitsAt(text, 1, 4) < 0) return false;
    const dateEnd = skipDigits(text, 1);
    if ((dateEnd !== 5 && dateEnd !== 7 && dateEnd !== 9) || text.charCodeAt(dateEnd) !== 0x20) return false;
    const time = timeOf(text, dateEnd, draft.timestamp);
    if (time === undefined) return false;
    const threadAt = skipSpaces(text, time.end);
    const threadEnd = skipDigits(text, threadAt);
    const place = threadEnd === threadAt ? undefined : placeAt(text, skipSpaces(text, threadEnd), dateEnd === 7);
    if (place === undefined) return false;
    draft.time(time.iso);
    draft.level(level, text.charAt(0));
    draft.attribute('thread.id', text.slice(threadAt, threadEnd));
    readPlace(place, text, draft);
    return true;
  },
};

const tensorflowPattern = /: ([IWEF]) (?=[\w./-]{1,200}\.\w{1,4}:[0-9])/y;

/** `2024-01-31 10:20:30.123456: I tensorflow/core/file.cc:182] message`, TensorFlow's own form of the same. */
function readTensorflow({ text, time, at, bracketed }: Line, draft: Draft): boolean {
  tensorflowPattern.lastIndex = at;
  const found = bracketed ? null : tensorflowPattern.exec(text);
  const place = found === null ? undefined : placeAt(text, tensorflowPattern.lastIndex, false);
  if (found === null || place === undefined) return false;
  draft.time(time);
  draft.level(severities[found[1] as string] as number, found[1] as string);
  readPlace(place, text, draft);
  return true;
}

interface Place {
  readonly path: string;
  readonly line: string;
  readonly end: number;
}

/** `file.go:42] `; CockroachDB's log has a blank for the bracket, and a sign before what it has not redacted. */
function placeAt(text: string, at: number, isCockroach: boolean): Place | undefined {
  const place = text.slice(at, at + longestPlace);
  const close = place.indexOf(isCockroach ? ' ' : '] ');
  const colon = place.lastIndexOf(':', close);
  if (close < 0 || colon <= 0) return undefined;
  const end = at + close + (isCockroach ? 1 : 2);
  return {
    path: place.slice(0, colon),
    line: place.slice(colon + 1, close),
    end: isCockroach && text.startsWith('\u22ee ', end) ? end + 2 : end,
  };
}

function readPlace({ path, line, end }: Place, text: string, draft: Draft): void {
  draft.attribute('code.file.path', path);
  draft.attribute('code.line.number', line);
  readBody(text.slice(end), draft);
}

/** The time of day behind the date's digits: `MMDD`, `yyMMdd`, `yyyyMMdd`; of absl before it was set up, `0000 00:00:epoch`. */
function timeOf(text: string, dateEnd: number, reference: number): FoundTime | undefined {
  if (text.startsWith('0000 00:00:', 1)) {
    const end = text.indexOf(' ', 12);
    const iso = end < 0 || end > 40 ? undefined : isoOfEpoch(text.slice(12, end));
    return iso === undefined ? undefined : { iso, end };
  }
  if (dateEnd === 7) return timeAt(text, 1, reference);
  const time = timeAt(text, dateEnd + 1, reference);
  return time && { iso: dateOf(text, dateEnd, reference) + time.iso, end: time.end };
}

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
