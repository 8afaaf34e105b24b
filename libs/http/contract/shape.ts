import { answerShapes, type ServerFrame, schemaShapes } from './generated.ts';

/**
 * What a JSON value must be at the least for a program that was written against its schema: of an object the required
 * fields. `s`, `n` and `b` are a text, a number and a boolean, with `?` also null; `=hello` is that very text.
 */
export type Shape =
  | string
  | {
      readonly list?: Shape;
      readonly fields?: Readonly<Record<string, Shape>>;
      /** Name of a shape that is written once. */
      readonly ref?: string;
      readonly either?: readonly Shape[];
      readonly nullable?: true;
    };

const answers: Readonly<Record<string, Shape>> = answerShapes;
const schemas: Readonly<Record<string, Shape>> = schemaShapes;

/**
 * Whether an answer is other than the API's description has it: what is made of it would fail in the middle.
 * @param operation `GET connections/{id}`
 * @returns the first place that is wrong, as `answer.connections.0.status`
 */
export function misshapen(operation: string, answer: unknown): string | undefined {
  const shape = answers[operation];
  return shape === undefined ? undefined : wrongPlace(shape, answer, 'answer');
}

const frameTypes = new Map(framesOf(schemas.ServerFrame).map((shape) => [typeOf(shape), shape]));

/** A frame of the server as it was sent: what it is, or why it cannot be used. */
export type ParsedFrame =
  | { readonly frame: ServerFrame }
  /** Of a type that a newer server may send, or no frame at all: to be ignored. */
  | { readonly unknown: true }
  /** Of a type that is known and not of its form: what it says is lost. */
  | { readonly wrong: string };

/** Reads a text frame of the server's, and checks that it has what its schema requires. */
export function parseFrame(text: string): ParsedFrame {
  let frame: ServerFrame;
  try {
    frame = JSON.parse(text);
  } catch {
    return { unknown: true };
  }
  const shape = frameTypes.get(frame?.type);
  if (shape === undefined) return { unknown: true };
  const place = wrongPlace(shape, frame, frame.type);
  return place === undefined ? { frame } : { wrong: place };
}

function framesOf(shape: Shape | undefined): readonly Shape[] {
  return typeof shape === 'object' && shape.either ? shape.either : [];
}

function typeOf(shape: Shape): string | undefined {
  const type = typeof shape === 'object' ? shape.fields?.type : undefined;
  return typeof type === 'string' ? type.slice(1) : undefined;
}

function wrongPlace(shape: Shape, value: unknown, place: string): string | undefined {
  if (typeof shape === 'string') return isScalar(shape, value) ? undefined : place;
  if (value === null && shape.nullable) return undefined;
  if (shape.ref !== undefined) return wrongPlace(schemas[shape.ref] ?? {}, value, place);
  if (shape.either !== undefined) {
    const places = shape.either.map((each) => wrongPlace(each, value, place));
    return places.includes(undefined) ? undefined : places[0];
  }
  if (shape.list !== undefined) return wrongItem(shape.list, value, place);
  if (shape.fields === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return place;
  for (const name in shape.fields) {
    const field: unknown = Reflect.get(value, name);
    const found = wrongPlace(shape.fields[name] ?? {}, field, name);
    if (found !== undefined) return `${place}.${found}`;
  }
  return undefined;
}

function wrongItem(shape: Shape, value: unknown, place: string): string | undefined {
  if (!Array.isArray(value)) return place;
  for (let index = 0; index < value.length; index++) {
    const found = wrongPlace(shape, value[index], '');
    if (found !== undefined) return `${place}.${index}${found}`;
  }
  return undefined;
}

function isScalar(shape: string, value: unknown): boolean {
  switch (shape) {
    case 's':
      return typeof value === 'string';
    case 'n':
      return typeof value === 'number';
    case 'b':
      return typeof value === 'boolean';
    case 's?':
      return value === null || typeof value === 'string';
    case 'n?':
      return value === null || typeof value === 'number';
    case 'b?':
      return value === null || typeof value === 'boolean';
    default:
      return value === shape.slice(1);
  }
}
