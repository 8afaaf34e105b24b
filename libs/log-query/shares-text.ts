/** Of how many lines how many have a level and a time of their own, and how many no parser knew. */
export interface ParsingShares {
  readonly lines: number;
  readonly with_level: number;
  readonly with_time: number;
  readonly plain: number;
}

/** `level on 94 %, time on 99 %, 6 % plain`. */
export function sharesText({ lines, with_level: level, with_time: time, plain }: ParsingShares): string {
  return `level on ${percent(level, lines)}, time on ${percent(time, lines)}, ${percent(plain, lines)} plain`;
}

/** `94 %`. All and none are said of all and none only: `99 %` of 9999 in 10,000, `<1 %` of one. */
export function percent(part: number, whole: number): string {
  if (part === 0 || whole === 0) return '0 %';
  if (part === whole) return '100 %';
  const rounded = Math.min(99, Math.round((100 * part) / whole));
  return rounded === 0 ? '<1 %' : `${rounded} %`;
}
