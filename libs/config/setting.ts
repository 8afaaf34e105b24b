import { type ZodType, z } from 'zod';
import { Secret } from './secret.ts';

/**
 * Settings are zod types from an environment variable's text to a typed value. The variable's name is the setting's key
 * in capitals: `kafkaBrokers` is `KAFKA_BROKERS`. Units stand in the key's end (`Ms`, `Bytes`) and in the table.
 *
 *     export const settings = z.object({
 *       commitIntervalMs: integer('Longest time between two commits.', { min: 1, max: 60_000, unit: 'ms' }).default(50),
 *       webhookSecret: secret('Signs webhooks.').optional(),
 *     });
 */
interface SettingDescription {
  readonly description: string;
  /** In words: "1 to 65535", "one of zstd, gzip". */
  readonly accepts: string;
  readonly unit?: string;
  readonly secret?: boolean;
  /** Of a whole number, both included. */
  readonly limits?: { readonly min: number; readonly max: number };
  /** All the words there are. */
  readonly choices?: readonly string[];
}

/** What docs/configuration.md and the error messages say of each setting. */
export const settingDescriptions = z.registry<SettingDescription>();

function described<Type extends ZodType>(type: Type, description: SettingDescription): Type {
  settingDescriptions.add(type, description);
  return type;
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly unit?:
    | 'ms'
    | 's'
    | 'bytes'
    | 'records'
    | 'rows'
    | 'rules'
    | 'days'
    | 'requests'
    | 'connections'
    | 'characters'
    | '%';
}

/** A whole number within limits, both included. */
export function integer(description: string, { min, max, unit }: Range) {
  const accepts = `${min} to ${max}`;
  const wrong = `must be a whole number from ${accepts}${unit === undefined ? '' : ` ${unit}`}`;
  const type = z
    .string()
    .regex(/^-?\d{1,15}$/, { error: wrong, abort: true })
    .transform(Number)
    .pipe(z.int({ error: wrong }).min(min, wrong).max(max, wrong));
  return described(type, { description, accepts, limits: { min, max }, ...(unit === undefined ? {} : { unit }) });
}

/** Text within an optional pattern; `accepts` says the pattern in words. */
export function text(description: string, { pattern, accepts = 'text' }: { pattern?: RegExp; accepts?: string } = {}) {
  const type = pattern === undefined ? z.string() : z.string().regex(pattern, `must be ${accepts}`);
  return described(type, { description, accepts });
}

/** An absolute URL with one of the given schemes. */
export function url(description: string, schemes: readonly string[]) {
  const accepts = schemes.map((scheme) => `${scheme}://…`).join(' or ');
  const type = z.string().refine((value) => hasScheme(value, schemes), `must be a URL: ${accepts}`);
  return described(type, { description, accepts });
}

function hasScheme(value: string, schemes: readonly string[]): boolean {
  return URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1));
}

/** One of a few words. */
export function choice<const Value extends string>(description: string, values: readonly Value[]) {
  const accepts = `one of ${values.join(', ')}`;
  return described(z.enum(values, { error: `must be ${accepts}` }), { description, accepts, choices: values });
}

/** `true` or `false`. */
export function flag(description: string) {
  const type = z.enum(['true', 'false'], { error: 'must be true or false' }).transform((value) => value === 'true');
  return described(type, { description, accepts: 'true or false', choices: ['true', 'false'] });
}

/** How many proxies stand in front; `true` is one, `false` none. */
export function proxyHops(description: string) {
  const accepts = '0 to 10, or true for 1, false for 0';
  const type = z
    .string()
    .regex(/^(true|false|\d|10)$/, `must be ${accepts}`)
    .transform((value) => (value === 'true' ? 1 : value === 'false' ? 0 : Number(value)));
  return described(type, { description, accepts });
}

/** Items separated by commas; blanks around them do not count. `each` is the pattern of one item, `accepts` says it in words. */
export function list(description: string, { each, accepts }: { each: RegExp; accepts: string }) {
  const type = z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .pipe(z.array(z.string().regex(each, `must be ${accepts}, separated by commas`)));
  return described(type, { description, accepts: `${accepts}, separated by commas` });
}

/** host:port pairs separated by commas. */
export function hostList(description: string) {
  return list(description, { each: /^(\[[0-9a-fA-F:]+\]|[^\s:/@]+):\d{1,5}$/, accepts: 'host:port' });
}

/** A secret. May also be given by a file's path in `<NAME>_FILE`, as container platforms mount them. */
export function secret(
  description: string,
  { minBytes = 1, accepts = 'text' }: { minBytes?: number; accepts?: string } = {},
) {
  const type = z
    .string()
    .refine((value) => Buffer.byteLength(value) >= minBytes, `must be at least ${minBytes} bytes long`)
    .transform((value) => new Secret(value));
  return described(type, {
    description,
    accepts: minBytes > 1 ? `${accepts}, at least ${minBytes} bytes` : accepts,
    secret: true,
  });
}

/** A URL that holds a password. */
export function secretUrl(description: string, schemes: readonly string[]) {
  const accepts = schemes.map((scheme) => `${scheme}://…`).join(' or ');
  const type = z
    .string()
    .refine((value) => hasScheme(value, schemes), `must be a URL: ${accepts}`)
    .transform((value) => new Secret(value));
  return described(type, { description, accepts, secret: true });
}
