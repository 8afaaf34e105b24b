import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A golden line that comes as the message of an AWS event, and the parser that reads it. */
export interface GoldenLine {
  readonly text: string;
  readonly parser: string;
}

interface GoldenCase {
  readonly text?: string;
  readonly record: { readonly parser: string };
}

/** The lines of all golden folders, for properties that must hold of every parser. */
export function goldenLines(): readonly GoldenLine[] {
  const golden = join(import.meta.dirname, 'golden');
  return readdirSync(golden, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap(({ parentPath, name }) => {
      const held = JSON.parse(readFileSync(join(parentPath, name), 'utf8')) as GoldenCase | GoldenCase[];
      return [held].flat().flatMap(({ text, record }) => (text === undefined ? [] : [{ text, parser: record.parser }]));
    });
}
