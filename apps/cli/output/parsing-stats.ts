import { type ParsingShares, percent, sharesText } from '@tailrace/log-query/shares-text.ts';
import { hasLevel, hasLogTime, noParser } from '@tailrace/log-record/parsers.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { lineShape } from './line-shape.ts';
import { visible } from './terminal.ts';

/** Of more different shapes than this the later ones are only counted. */
const mostShapes = 10_000;
const shownShapes = 10;

interface Shape {
  lines: number;
  readonly shape: string;
  readonly first_line: number;
}

/** Counts what the parsers made of lines, and what those that no parser knew look like. */
export class ParsingStats {
  readonly #shares = { lines: 0, with_level: 0, with_time: 0, plain: 0 } satisfies ParsingShares;
  readonly #parsers = new Map<string, number>();
  readonly #shapes = new Map<string, Shape>();

  /** @param number of the line in its file. */
  add(record: LogRecord, number: number): void {
    const { parser, body } = record;
    this.#shares.lines++;
    if (hasLevel(record)) this.#shares.with_level++;
    if (hasLogTime(record)) this.#shares.with_time++;
    this.#parsers.set(parser, (this.#parsers.get(parser) ?? 0) + 1);
    if (parser !== noParser) return;
    this.#shares.plain++;
    const shape = lineShape(body);
    const known = this.#shapes.get(shape);
    if (known !== undefined) known.lines++;
    else if (this.#shapes.size < mostShapes) this.#shapes.set(shape, { lines: 1, shape, first_line: number });
  }

  /** For machines. */
  toJSON() {
    return {
      ...this.#shares,
      parsers: this.#byFrequency().map(([parser, lines]) => ({ parser, lines })),
      plain_shapes: this.#topShapes(),
    };
  }

  /** For people. */
  text(): string {
    const { lines, plain } = this.#shares;
    const rows = [`${lines} ${lines === 1 ? 'line' : 'lines'}: ${sharesText(this.#shares)}\n`];
    if (lines > 0) rows.push('\nBy parser:\n');
    for (const [parser, count] of this.#byFrequency()) {
      rows.push(`${String(count).padStart(9)} ${percent(count, lines).padStart(6)}  ${parser}\n`);
    }
    if (plain === 0) return rows.join('');
    rows.push('\nWhat lines that no parser knew look like, the most frequent first:\n');
    const top = this.#topShapes();
    for (const { lines: count, shape, first_line: first } of top) {
      rows.push(`${String(count).padStart(9)}  ${visible(shape)}  (line ${first})\n`);
    }
    const others = plain - top.reduce((sum, each) => sum + each.lines, 0);
    if (others > 0) rows.push(`${String(others).padStart(9)}  of other shapes\n`);
    return rows.join('');
  }

  #byFrequency(): readonly (readonly [string, number])[] {
    return [...this.#parsers].sort(([, one], [, other]) => other - one);
  }

  #topShapes(): readonly Shape[] {
    return [...this.#shapes.values()].sort((one, other) => other.lines - one.lines).slice(0, shownShapes);
  }
}
