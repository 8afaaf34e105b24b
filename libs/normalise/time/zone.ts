import { digitsAt, isDigit, isLetter, skipDigits } from '../characters.ts';

/**
 * Offsets of zones by the abbreviations that logs use. Those that stand for several zones (IST, BST, CST in Asia) have the
 * meaning that Internet software gives them (RFC 5322, section 4.3) or are left out, so that the time stays local.
 */
const zones: ReadonlyMap<string, string> = new Map([
  ['UTC', 'Z'],
  ['GMT', 'Z'],
  ['UCT', 'Z'],
  ['WET', '+00:00'],
  ['WEST', '+01:00'],
  ['CET', '+01:00'],
  ['CEST', '+02:00'],
  ['MET', '+01:00'],
  ['MEST', '+02:00'],
  ['EET', '+02:00'],
  ['EEST', '+03:00'],
  ['MSK', '+03:00'],
  ['EST', '-05:00'],
  ['EDT', '-04:00'],
  ['CST', '-06:00'],
  ['CDT', '-05:00'],
  ['MST', '-07:00'],
  ['MDT', '-06:00'],
  ['PST', '-08:00'],
  ['PDT', '-07:00'],
  ['AKST', '-09:00'],
  ['AKDT', '-08:00'],
  ['HST', '-10:00'],
  ['BRT', '-03:00'],
  ['JST', '+09:00'],
  ['KST', '+09:00'],
  ['AEST', '+10:00'],
  ['AEDT', '+11:00'],
  ['NZST', '+12:00'],
  ['NZDT', '+13:00'],
]);
/** Zones whose abbreviation stands for several offsets: they are passed over, and the time stays local. */
const unclear: ReadonlySet<string> = new Set(['IST', 'BST', 'SGT', 'HKT', 'PKT', 'WIB', 'ICT', 'PHT']);

export interface FoundZone {
  /** `Z`, `+01:00`, or empty where the text has none that is clear. */
  readonly offset: string;
  /** Position behind it. */
  readonly end: number;
}

/** The zone behind a time of day: `Z`, `+01:00`, `+0100`, `+01`, `UTC`, `CET`, `UTC+1`, the last ones also after a space. */
export function zoneAt(text: string, at: number): FoundZone {
  const code = text.charCodeAt(at);
  if ((code === 0x5a || code === 0x7a) && !isLetter(text.charCodeAt(at + 1))) return { offset: 'Z', end: at + 1 };
  const from = code === 0x20 ? at + 1 : at;
  const first = text.charCodeAt(from);
  if (first === 0x2b || first === 0x2d) return numericZone(text, at, from);
  if (first >= 0x41 && first <= 0x5a) return namedZone(text, at, from);
  return { offset: '', end: at };
}

/** `+01:00`, `+0100`, and `+01` where nothing else follows. */
function numericZone(text: string, at: number, from: number): FoundZone {
  const none = { offset: '', end: at };
  const hours = digitsAt(text, from + 1, 2);
  if (hours < 0 || hours > 14) return none;
  const minutesAt = text.charCodeAt(from + 3) === 0x3a ? from + 4 : from + 3;
  const minutes = digitsAt(text, minutesAt, 2);
  if (minutes < 0) {
    const next = text.charCodeAt(from + 3);
    // `- 12 items` is no zone, nor is `-12-`.
    const ends = Number.isNaN(next) || next === 0x20 || next === 0x09 || next === 0x5d || next === 0x7c;
    return ends && from === at ? { offset: `${text.slice(from, from + 3)}:00`, end: from + 3 } : none;
  }
  if (minutes > 59 || isDigit(text.charCodeAt(minutesAt + 2))) return none;
  return { offset: `${text.slice(from, from + 3)}:${text.slice(minutesAt, minutesAt + 2)}`, end: minutesAt + 2 };
}

function namedZone(text: string, at: number, from: number): FoundZone {
  let end = from;
  while (end - from < 5 && isLetter(text.charCodeAt(end))) end++;
  const name = text.slice(from, end);
  const next = text.charCodeAt(end);
  if (isLetter(next) || next === 0x5f || isDigit(next)) return { offset: '', end: at };
  const offset = zones.get(name);
  if (offset === undefined) return { offset: '', end: unclear.has(name) ? end : at };
  // `UTC+1`, `GMT+01:00`.
  if (offset === 'Z' && (next === 0x2b || next === 0x2d)) {
    const hoursEnd = skipDigits(text, end + 1);
    const behind = text.charCodeAt(hoursEnd);
    if (isLetter(behind) || behind === 0x2e) return { offset, end };
    if (hoursEnd === end + 2) return { offset: `${text.charAt(end)}0${text.charAt(end + 1)}:00`, end: hoursEnd };
    const zone = numericZone(text, end, end);
    if (zone.end > end) return zone;
  }
  return { offset, end };
}
