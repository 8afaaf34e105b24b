import { expect, test } from 'vitest';
import { indentedJson } from './indented-json.ts';

test('indented JSON lays out JSON, and nothing else', () => {
  expect(indentedJson('{"a":[1,2]}')).toBe('{\n  "a": [\n    1,\n    2\n  ]\n}');
  for (const text of ['plain', '{broken', '12', '"text"', '[ERROR] not JSON', ''])
    expect(indentedJson(text)).toBe(text);
});

test('indented JSON keeps the digits of numbers, also those that a double cannot hold', () => {
  expect(indentedJson('{"id":12345678901234567890,"ms":12.0,"e":[1e400]}')).toBe(
    '{\n  "id": 12345678901234567890,\n  "ms": 12.0,\n  "e": [\n    1e400\n  ]\n}',
  );
});
