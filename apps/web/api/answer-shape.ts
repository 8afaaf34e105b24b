import { answerShapes, schemaShapes } from './generated.ts';

interface Shape {
  readonly list?: Shape;
  readonly fields?: Readonly<Record<string, Shape>>;
  readonly ref?: string;
  readonly either?: readonly Shape[];
  readonly nullable?: true;
}

const answers: Readonly<Record<string, Shape>> = answerShapes;
const schemas: Readonly<Record<string, Shape>> = schemaShapes;

/**
 * Whether an answer lacks a list or an object where the API's description has one: what is drawn from it would fail in
 * the middle.
 * @param operation `GET connections/{id}`
 * @returns the first place that is wrong, as `connections.0.status`
 */
export function misshapen(operation: string, answer: unknown): string | undefined {
  const shape = answers[operation];
  return shape === undefined ? undefined : wrongPlace(shape, answer, 'answer');
}

function wrongPlace(shape: Shape, value: unknown, place: string): string | undefined {
  if (value === null && shape.nullable) return undefined;
  if (shape.ref !== undefined) return wrongPlace(schemas[shape.ref] ?? {}, value, place);
  if (shape.either !== undefined) {
    const places = shape.either.map((each) => wrongPlace(each, value, place));
    return places.includes(undefined) ? undefined : places[0];
  }
  if (shape.list !== undefined) {
    if (!Array.isArray(value)) return place;
    const { list } = shape;
    return firstOf(value.entries(), ([index, item]) => wrongPlace(list, item, `${place}.${index}`));
  }
  if (shape.fields === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return place;
  const fields = new Map(Object.entries(value));
  return firstOf(Object.entries(shape.fields), ([name, each]) =>
    wrongPlace(each, fields.get(name), `${place}.${name}`),
  );
}

function firstOf<Item>(items: Iterable<Item>, find: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
