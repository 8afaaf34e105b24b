import type { AvroReader } from './reader.ts';
import { newStringMap } from './string-map.ts';
import type { AvroWriter } from './writer.ts';

/** Arrays and maps of anything: what generated code calls where the writer and reader have no quicker way of their own. */

export function writeArray<Item>(
  writer: AvroWriter,
  items: readonly Item[],
  writeItem: (writer: AvroWriter, item: Item) => void,
): void {
  writer.beginBlock(items.length);
  for (const item of items) writeItem(writer, item);
  writer.endBlocks();
}

/** @param minimumItem Bytes that the smallest item takes, at least 1: what bounds the count a corrupt record can claim. */
export function readArray<Item>(
  reader: AvroReader,
  minimumItem: number,
  readItem: (reader: AvroReader) => Item,
): Item[] {
  const items: Item[] = [];
  for (let count = reader.readBlock(minimumItem); count > 0; count = reader.readBlock(minimumItem)) {
    for (; count > 0; count--) items.push(readItem(reader));
  }
  return items;
}

export function writeMap<Value>(
  writer: AvroWriter,
  map: Readonly<Record<string, Value>>,
  writeValue: (writer: AvroWriter, value: Value) => void,
): void {
  const entries = Object.entries(map);
  writer.beginBlock(entries.length);
  for (const [key, value] of entries) {
    writer.writeKey(key);
    writeValue(writer, value);
  }
  writer.endBlocks();
}

/** @param minimumValue Bytes that the smallest value takes. */
export function readMap<Value>(
  reader: AvroReader,
  minimumValue: number,
  readValue: (reader: AvroReader) => Value,
): Record<string, Value> {
  const map = newStringMap<Value>();
  const minimumEntry = 1 + minimumValue;
  for (let count = reader.readBlock(minimumEntry); count > 0; count = reader.readBlock(minimumEntry)) {
    for (; count > 0; count--) {
      const key = reader.readString();
      map[key] = readValue(reader);
    }
  }
  return map;
}
