import { grokPatterns } from './grok-patterns.ts';

/** A pattern with grok's names replaced by what they stand for. */
export interface ExpandedPattern {
  /** RE2's syntax. */
  readonly expression: string;
  /** The field of each group that a grok name made, by the group's name in the expression. */
  readonly fields: ReadonlyMap<string, string>;
  /** The place in the pattern as it was written, of a place in the expression. */
  sourceOf(at: number): number;
}

/** Why a pattern cannot be expanded: said of the pattern. */
export interface GrokProblem {
  readonly problem: string;
}

/** Longest expression that a pattern may become, UTF-16 units. */
const maxExpression = 20_000;
const reference = /%\{([A-Za-z0-9_]+)(?::([\w@./[\]-]+))?(?::(\w+))?\}/g;
/** What Logstash and Elasticsearch convert a field to. Attributes are text here, with every digit: nothing is converted. */
const types: ReadonlySet<string> = new Set(['int', 'long', 'integer', 'float', 'double', 'boolean', 'string']);

/**
 * Replaces `%{NAME}`, `%{NAME:field}` and `%{NAME:field:type}` by RE2's syntax; a field becomes a named group. What is not
 * grok stays as it is. The names are ours (`grokPatterns`), so expansion ends, and its length is bounded.
 */
export function expandGrok(pattern: string): ExpandedPattern | GrokProblem {
  const expansion = new Expansion();
  let from = 0;
  for (const found of pattern.matchAll(reference)) {
    expansion.literal(pattern.slice(from, found.index), from);
    const problem = expansion.named(found, found.index);
    if (problem !== undefined) return { problem };
    from = found.index + found[0].length;
    if (expansion.expression.length > maxExpression) return { problem: tooLong };
  }
  expansion.literal(pattern.slice(from), from);
  return expansion.expression.length > maxExpression ? { problem: tooLong } : expansion;
}

const tooLong = `becomes longer than ${maxExpression} characters when its %{…} are written out: use fewer of them`;

class Expansion implements ExpandedPattern {
  expression = '';
  readonly fields = new Map<string, string>();
  /** Where parts of the expression begin, and where each stands in the pattern. */
  readonly #parts: { readonly at: number; readonly source: number; readonly isLiteral: boolean }[] = [];

  literal(text: string, source: number): void {
    if (text === '') return;
    this.#parts.push({ at: this.expression.length, source, isLiteral: true });
    this.expression += text;
  }

  /** @returns what is wrong with it. */
  named(found: RegExpMatchArray, source: number): string | undefined {
    const [whole, name = '', , type] = found;
    if (!grokPatterns.has(name)) return `${whole}: ${name} is not a pattern known here${similar(name)}`;
    if (type !== undefined && !types.has(type)) {
      return `${whole}: ${type} is not a type: use one of ${[...types].join(', ')}, or none`;
    }
    this.#parts.push({ at: this.expression.length, source, isLiteral: false });
    this.#expand(found);
    return undefined;
  }

  sourceOf(at: number): number {
    const part = this.#parts.findLast((each) => each.at <= at);
    if (part === undefined) return 0;
    return part.isLiteral ? part.source + at - part.at : part.source;
  }

  #expand([, name = '', field]: RegExpMatchArray): void {
    if (field === undefined) this.expression += '(?:';
    else {
      const group = `_grok${this.fields.size + 1}_`;
      this.fields.set(group, fieldName(field));
      this.expression += `(?P<${group}>`;
    }
    const definition = grokPatterns.get(name) ?? '';
    let from = 0;
    for (const inner of definition.matchAll(reference)) {
      this.expression += definition.slice(from, inner.index);
      this.#expand(inner);
      from = inner.index + inner[0].length;
      if (this.expression.length > maxExpression) return;
    }
    this.expression += `${definition.slice(from)})`;
  }
}

/** `[http][status]`, as Logstash writes nested fields, is `http.status`. */
function fieldName(field: string): string {
  return field.startsWith('[') ? field.slice(1).replace(/\]$/, '').replaceAll('][', '.') : field;
}

/** Names that may have been meant. */
function similar(name: string): string {
  const upper = name.toUpperCase();
  const near = [...grokPatterns.keys()].filter((known) => known.startsWith(upper.slice(0, 3))).slice(0, 5);
  return near.length === 0 ? '' : `; there are ${near.join(', ')}`;
}
