import { parseRfc3339 } from '../../instant.ts';
import type { Json } from '../../store/cloud-event.ts';
import { badQuery } from '../azure-error.ts';
import type { Row, Scope } from './scope.ts';
import { asCell, asText, type KqlType, type KqlValue } from './value.ts';

/** An expression with its names resolved. */
export interface Compiled {
  readonly type: KqlType;
  evaluate(row: Row): KqlValue;
}

type Build = (args: readonly Compiled[], scope: Scope) => Compiled;

const text = (arg: Compiled, row: Row) => asText(arg.evaluate(row), arg.type);

/** A function of one argument that sees its text. */
function ofText(type: KqlType, of: (text: string) => KqlValue): Build {
  return ([arg]) => ({ type, evaluate: (row) => of(arg === undefined ? '' : text(arg, row)) });
}

function toNumber(content: string): number | null {
  const number = Number(content);
  return content === '' || Number.isNaN(number) ? null : Math.trunc(number);
}

function parseJson(content: string): Json {
  try {
    return JSON.parse(content) as Json;
  } catch {
    return content;
  }
}

function isNull(negated: boolean): Build {
  return ([arg]) => ({ type: 'bool', evaluate: (row) => ((arg?.evaluate(row) ?? null) === null) !== negated });
}

const functions: Readonly<Record<string, Build>> = {
  tostring: ofText('string', (content) => content),
  tolower: ofText('string', (content) => content.toLowerCase()),
  toupper: ofText('string', (content) => content.toUpperCase()),
  strlen: ofText('long', (content) => content.length),
  toint: ofText('int', toNumber),
  tolong: ofText('long', toNumber),
  todatetime: ofText('datetime', (content) => parseRfc3339(content) ?? null),
  parse_json: ofText('dynamic', parseJson),
  isempty: ofText('bool', (content) => content === ''),
  isnotempty: ofText('bool', (content) => content !== ''),
  isnull: isNull(false),
  isnotnull: isNull(true),
  strcat: (args) => ({ type: 'string', evaluate: (row) => args.map((arg) => text(arg, row)).join('') }),
  now: (_args, { now }) => ({ type: 'datetime', evaluate: () => now }),
  ago: ([arg], { now }) => ({
    type: 'datetime',
    evaluate: (row) => now - BigInt((arg?.evaluate(row) as bigint | undefined) ?? 0n),
  }),
  ingestion_time: (_args, scope) => {
    if (!scope.atTable) return { type: 'datetime', evaluate: () => null };
    return { type: 'datetime', evaluate: (row) => row.ingestionTime };
  },
  pack_all: (_args, { columns }) => ({
    type: 'dynamic',
    evaluate: (row) => packed(columns.map(({ name, type, hidden }, index) => [name, type, hidden, row.values[index]])),
  }),
};

function packed(cells: readonly (readonly [string, KqlType, boolean | undefined, KqlValue | undefined])[]): Json {
  const shown = cells.filter(([, , hidden]) => hidden !== true);
  return Object.fromEntries(
    shown.map(([name, type, , value = null]) => [name, type === 'dynamic' ? value : asCell(value, type)]),
  ) as Json;
}

/** Throws Azure's semantic error for a function that the simulator does not know. */
export function compileCall(name: string, args: readonly Compiled[], scope: Scope): Compiled {
  const build = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (build === undefined) throw badQuery('SemanticError', `A semantic error occurred. Unknown function: '${name}'.`);
  return build(args, scope);
}
