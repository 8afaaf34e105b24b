import { canonicalForm } from '@tailrace/avro/schema/canonical-form.ts';
import { fingerprintOf } from '@tailrace/avro/schema/fingerprint.ts';
import { minimumSize } from '@tailrace/avro/schema/minimum-size.ts';
import {
  type ArraySchema,
  type MapSchema,
  type RecordSchema,
  type Schema,
  SchemaError,
  type UnionSchema,
} from '@tailrace/avro/schema/schema.ts';
import { camel, docComment, fileOf, pascal, symbolsName, typeName } from './names.ts';

/** What one `.avsc` document contributes. */
export interface SchemaSource {
  /** Path from the project's root, for the header comment. */
  readonly path: string;
  /** The document as it stands. */
  readonly text: string;
  readonly schema: RecordSchema;
  /** Earlier versions' canonical forms by fingerprint. */
  readonly history: ReadonlyMap<string, string>;
}

/** Writes the module of one record: its interface, the functions that write and read it, and its codec. */
export class RecordModule {
  private readonly schema: RecordSchema;
  private readonly source: SchemaSource | undefined;
  private readonly name: string;
  /** Whether another record contains this one and so needs its functions. */
  private readonly shared: boolean;
  private readonly imports = new Map<string, Set<string>>();
  /** Functions for the items of arrays and maps. */
  private readonly itemFunctions: string[] = [];

  constructor(schema: RecordSchema, source: SchemaSource | undefined, inner: ReadonlySet<string>) {
    this.schema = schema;
    this.source = source;
    this.name = typeName(schema.name);
    this.shared = inner.has(schema.name);
  }

  code(): string {
    const body = [this.interface(), this.writeFunction(), this.readFunction(), this.codec()].join('\n\n');
    return [this.importLines(), body, ...this.itemFunctions].join('\n\n');
  }

  private interface(): string {
    const fields = this.schema.fields.map((field) => {
      const comment = field.doc === undefined ? '' : `${docComment(field.doc)}\n`;
      return `${comment}readonly ${field.name}: ${this.typeOf(field.schema)};`;
    });
    const comment = this.schema.doc === undefined ? '' : `${docComment(this.schema.doc)}\n`;
    return `${comment}export interface ${this.name} {\n${fields.join('\n')}\n}`;
  }

  private writeFunction(): string {
    this.use('@tailrace/avro/writer.ts', 'type AvroWriter');
    const statements = this.schema.fields.map((field) => {
      return this.write(field.schema, `value.${field.name}`, this.name + pascal(field.name));
    });
    return `${this.shared ? 'export ' : ''}function write${this.name}(writer: AvroWriter, value: ${this.name}): void {
      ${statements.join('\n')}
    }`;
  }

  private readFunction(): string {
    this.use('@tailrace/avro/reader.ts', 'type AvroReader');
    const fields = this.schema.fields.map((field) => {
      return `${field.name}: ${this.read(field.schema, this.name + pascal(field.name))},`;
    });
    return `${this.shared ? 'export ' : ''}function read${this.name}(reader: AvroReader): ${this.name} {
      return {\n${fields.join('\n')}\n};
    }`;
  }

  private codec(): string {
    if (this.source === undefined) return '';
    this.use('@tailrace/avro/record-codec.ts', 'RecordCodec');
    const { text, history } = this.source;
    const canonical = canonicalForm(this.schema);
    const earlier = [...history].map(([fingerprint, form]) => `'${fingerprint}': ${quoted(form)},`);
    return `/** Reads and writes ${this.name} in Avro's single-object encoding. */
    export const ${camel(this.name)}Codec = new RecordCodec<${this.name}>({
      name: '${this.schema.name}',
      schema: ${quoted(withoutDocs(text))},
      fingerprint: '${fingerprintOf(canonical)}',
      history: {${earlier.join('\n')}},
      write: write${this.name},
      read: read${this.name},
    });`;
  }

  private typeOf(schema: Schema): string {
    switch (schema.type) {
      case 'null':
      case 'boolean':
      case 'string':
        return schema.type;
      case 'bytes':
        return 'Buffer';
      case 'int':
      case 'long':
      case 'float':
      case 'double':
        return 'number';
      case 'enum':
      case 'record':
        this.useNamed(schema.name, `type ${typeName(schema.name)}`);
        return typeName(schema.name);
      case 'array':
        return `readonly ${parenthesised(this.typeOf(schema.items))}[]`;
      case 'map':
        return `Readonly<Record<string, ${this.typeOf(schema.values)}>>`;
      case 'union':
        return `${this.typeOf(nullable(schema).schema)} | null`;
      case 'fixed':
        throw unsupported(schema);
    }
  }

  /** Statements that write the value of an expression. */
  private write(schema: Schema, value: string, path: string): string {
    switch (schema.type) {
      case 'null':
        return '';
      case 'enum':
        this.useNamed(schema.name, symbolsName(schema));
        return `writer.writeEnum(${symbolsName(schema)}, ${value});`;
      case 'record':
        this.useNamed(schema.name, `write${typeName(schema.name)}`);
        return `write${typeName(schema.name)}(writer, ${value});`;
      case 'array':
        this.use('@tailrace/avro/blocks.ts', 'writeArray');
        return `writeArray(writer, ${value}, ${this.itemWriter(schema.items, path)});`;
      case 'map':
        if (schema.values.type === 'string') return `writer.writeStringMap(${value});`;
        this.use('@tailrace/avro/blocks.ts', 'writeMap');
        return `writeMap(writer, ${value}, ${this.itemWriter(schema.values, path)});`;
      case 'union': {
        const { schema: branch, nullIndex } = nullable(schema);
        return `if (${value} === null) writer.writeInt(${nullIndex});
          else {
            writer.writeInt(${1 - nullIndex});
            ${this.write(branch, value, path)}
          }`;
      }
      case 'fixed':
        throw unsupported(schema);
      default:
        return `writer.write${pascal(schema.type)}(${value});`;
    }
  }

  /** An expression that reads a value. */
  private read(schema: Schema, path: string): string {
    switch (schema.type) {
      case 'null':
        return 'null';
      case 'enum':
        return `reader.readEnum(${symbolsName(schema)})`;
      case 'record':
        this.useNamed(schema.name, `read${typeName(schema.name)}`);
        return `read${typeName(schema.name)}(reader)`;
      case 'array':
        this.use('@tailrace/avro/blocks.ts', 'readArray');
        return `readArray(reader, ${minimumItem(schema)}, ${this.itemReader(schema.items, path)})`;
      case 'map':
        if (schema.values.type === 'string') return 'reader.readStringMap()';
        this.use('@tailrace/avro/blocks.ts', 'readMap');
        return `readMap(reader, ${minimumItem(schema)}, ${this.itemReader(schema.values, path)})`;
      case 'union': {
        const { schema: branch, nullIndex } = nullable(schema);
        return `reader.readBranch(2) === ${nullIndex} ? null : ${this.read(branch, path)}`;
      }
      case 'fixed':
        throw unsupported(schema);
      default:
        return `reader.read${pascal(schema.type)}()`;
    }
  }

  private itemWriter(schema: Schema, path: string): string {
    const name = `write${path}Item`;
    const statements = this.write(schema, 'item', `${path}Item`);
    this.itemFunctions.push(
      `function ${name}(writer: AvroWriter, item: ${this.typeOf(schema)}): void {\n${statements}\n}`,
    );
    return name;
  }

  private itemReader(schema: Schema, path: string): string {
    const name = `read${path}Item`;
    const value = this.read(schema, `${path}Item`);
    this.itemFunctions.push(`function ${name}(reader: AvroReader): ${this.typeOf(schema)} {\nreturn ${value};\n}`);
    return name;
  }

  private useNamed(name: string, what: string): void {
    this.use(`./${fileOf(name)}`, what);
  }

  private use(module: string, what: string): void {
    const names = this.imports.get(module) ?? new Set();
    this.imports.set(module, names.add(what));
  }

  private importLines(): string {
    const lines = [...this.imports].map(([module, names]) => `import { ${[...names].join(', ')} } from '${module}';`);
    return lines.join('\n');
  }
}

/** The one union that TypeScript's `T | null` stands for. */
function nullable(schema: UnionSchema): { readonly schema: Schema; readonly nullIndex: number } {
  const nullIndex = schema.branches.findIndex((branch) => branch.type === 'null');
  const branch = schema.branches[1 - nullIndex];
  if (schema.branches.length !== 2 || nullIndex < 0 || branch === undefined || branch.type === 'union') {
    throw new SchemaError(`of unions only null and one other type is supported, not ${canonicalForm(schema)}`);
  }
  return { schema: branch, nullIndex };
}

/** Bytes that an item takes at least: what the reader bounds counts by. */
function minimumItem(schema: ArraySchema | MapSchema): number {
  const size = minimumSize(schema.type === 'array' ? schema.items : schema.values);
  if (size === 0 && schema.type === 'array') {
    throw new SchemaError(`items of no bytes cannot be bounded: ${canonicalForm(schema)}`);
  }
  return size;
}

function unsupported(schema: Schema): SchemaError {
  return new SchemaError(`${schema.type} is not supported: ${canonicalForm(schema)}`);
}

/** The schema in one line, with what resolution needs and without what only people read. */
function withoutDocs(text: string): string {
  return JSON.stringify(JSON.parse(text), (key, value: unknown) => (key === 'doc' ? undefined : value));
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function parenthesised(type: string): string {
  return /^[\w.]+$/.test(type) ? type : `(${type})`;
}
