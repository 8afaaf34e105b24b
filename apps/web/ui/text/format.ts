/** `05:01:33.120`, in the browser's time zone. */
export function clockTime(timestamp: string): string {
  const time = new Date(timestamp);
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

/** `2026-01-31 05:01:33`, in the browser's time zone. */
function dayAndTime(timestamp: string | number): string {
  const time = new Date(timestamp);
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** `Jan 31`, in the browser's time zone. */
export function monthAndDay(time: Date): string {
  return `${months[time.getMonth()]} ${time.getDate()}`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A moment as short as it can be written: with the day only when that is another one. */
export function shortMoment(timestamp: string | number, now = new Date()): string {
  const full = dayAndTime(timestamp);
  return full.startsWith(dayAndTime(now.getTime()).slice(0, 10)) ? full.slice(11) : full;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** `0.8 s`, `12 s`, `3 min`, `5 h`, `2 d`: two digits are enough to judge by. */
export function duration(ms: number): string {
  const value = Math.abs(ms);
  if (value < 1000) return `${Math.round(value)} ms`;
  if (value < 10_000) return `${(value / 1000).toFixed(1)} s`;
  if (value < 120_000) return `${Math.round(value / 1000)} s`;
  if (value < 7_200_000) return `${Math.round(value / 60_000)} min`;
  return value < 172_800_000 ? `${Math.round(value / 3_600_000)} h` : `${Math.round(value / 86_400_000)} d`;
}

/** `12,345`. Without Intl, which fails where the machine's locale is none it knows. */
export function count(number: number): string {
  return String(number).replace(/^-?\d+/, (whole) => whole.replaceAll(/\B(?=(\d{3})+$)/g, ','));
}

/** `3.4 MB`. */
export function bytes(number: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = number < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(number) / 3));
  return `${(number / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
