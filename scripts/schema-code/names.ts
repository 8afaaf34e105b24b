import type { EnumSchema } from '@tailrace/avro/schema/schema.ts';

/** `log-record.ts` for `tailrace.LogRecord`. */
export function fileOf(name: string): string {
  return `${typeName(name)
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-')
    .toLowerCase()}.ts`;
}

/** A comment that the text cannot end. */
export function docComment(text: string): string {
  return `/** ${text.replaceAll('*/', '* /')} */`;
}

/** The constant that holds an enum's symbols. */
export function symbolsName(schema: EnumSchema): string {
  return `${camel(typeName(schema.name))}Symbols`;
}

/** A full name without its namespace. */
export function typeName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}

/** `logRecord` for `LogRecord`. */
export function camel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** `RawOffset` for `raw_offset`. */
export function pascal(name: string): string {
  return name.replaceAll(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
