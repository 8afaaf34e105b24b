/** A number with its unit: durations in nanoseconds, sizes in bytes. */
export interface Quantity {
  readonly value: number;
  readonly unit: Unit;
}

export type Unit = 'number' | 'duration' | 'size';

const nanoseconds: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  min: 60e9,
  h: 3600e9,
  d: 86_400e9,
};
const kilo = 1000;
const kibi = 1024;
/** In lower case: nobody means bits, and `kb` is written in every case. */
const bytes: Readonly<Record<string, number>> = {
  b: 1,
  byte: 1,
  bytes: 1,
  kb: kilo,
  mb: kilo ** 2,
  gb: kilo ** 3,
  tb: kilo ** 4,
  kib: kibi,
  mib: kibi ** 2,
  gib: kibi ** 3,
  tib: kibi ** 4,
};

const single = /^([+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?) ?([A-Za-zµμ]{0,5})$/;
/** As Go writes durations: 1h2m3.5s. */
const compound = /^([+-]?)((?:(?:\d+(?:\.\d+)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h|d)){2,6})$/;
const compoundPart = /(\d+(?:\.\d+)?|\.\d+)(ns|us|µs|μs|ms|s|m|h|d)/g;
/** Longer texts are no quantities. */
const maxCharacters = 64;

/** Reads `12`, `-1.5e3`, `250ms`, `1.5 s`, `1m30s`, `10KB` (1,000 bytes each), `4KiB` (1,024); undefined for other texts. */
export function readQuantity(text: string): Quantity | undefined {
  if (text.length === 0 || text.length > maxCharacters) return undefined;
  const [, digits, suffix = ''] = single.exec(text) ?? [];
  if (digits !== undefined) return withUnit(Number(digits), suffix);
  const [, sign, parts] = compound.exec(text) ?? [];
  if (parts === undefined) return undefined;
  const sum = [...parts.matchAll(compoundPart)].reduce(
    (total, [, part, unit = '']) => total + Number(part) * (nanoseconds[unit] ?? Number.NaN),
    0,
  );
  return { value: sign === '-' ? -sum : sum, unit: 'duration' };
}

function withUnit(value: number, suffix: string): Quantity | undefined {
  if (!Number.isFinite(value)) return undefined;
  if (suffix === '') return { value, unit: 'number' };
  if (Object.hasOwn(nanoseconds, suffix)) return { value: value * (nanoseconds[suffix] ?? 0), unit: 'duration' };
  const size = suffix.toLowerCase();
  return Object.hasOwn(bytes, size) ? { value: value * (bytes[size] ?? 0), unit: 'size' } : undefined;
}

/** What names of fields end in. */
const unitEndings: readonly { readonly ending: RegExp; readonly factor: number; readonly unit: Unit }[] = [
  { ending: /(?:(?:^|[._-])(?:ns|nanos|nanoseconds)|[a-z0-9](?:Ns|Nanos|Nanoseconds))$/, factor: 1, unit: 'duration' },
  {
    ending: /(?:(?:^|[._-])(?:us|micros|microseconds)|[a-z0-9](?:Us|Micros|Microseconds))$/,
    factor: 1e3,
    unit: 'duration',
  },
  {
    ending: /(?:(?:^|[._-])(?:ms|msec|millis|milliseconds)|[a-z0-9](?:Ms|Msec|Millis|Milliseconds))$/,
    factor: 1e6,
    unit: 'duration',
  },
  { ending: /(?:(?:^|[._-])(?:s|sec|secs|seconds)|[a-z0-9](?:S|Sec|Secs|Seconds))$/, factor: 1e9, unit: 'duration' },
  { ending: /(?:(?:^|[._-])bytes|[a-z0-9]Bytes)$/, factor: 1, unit: 'size' },
];

/** The unit that a field's name ends in, as `duration_ms`, `http.request.bytes` and `elapsedMs` do, with its size. */
export function unitOfName(name: string): { readonly factor: number; readonly unit: Unit } | undefined {
  return unitEndings.find(({ ending }) => ending.test(name));
}

/**
 * Reads values of one field as quantities of the unit that is asked for. A bare number is of the unit that the field's
 * name ends in; without one it is a number, or as many bytes.
 */
export function quantityReader(name: string, wanted: Unit): (text: string) => number | undefined {
  const named = unitOfName(name);
  const factor = named?.unit === wanted ? named.factor : wanted === 'duration' ? undefined : 1;
  return (text) => {
    const read = readQuantity(text);
    if (read === undefined) return undefined;
    if (read.unit === wanted) return read.value;
    return read.unit === 'number' && factor !== undefined ? read.value * factor : undefined;
  };
}
