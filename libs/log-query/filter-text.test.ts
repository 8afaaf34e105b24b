import { describe, expect, it, vi } from 'vitest';
import { readFilterText } from './filter-text.ts';

const problemOf = (text: string) => {
  const read = readFilterText(text, 'filter');
  return 'problem' in read ? read.problem : undefined;
};

describe('a filter as JSON', () => {
  it('is read', () => {
    expect(readFilterText('{"level":"error","attributes":{"a":["1","2"]}}', 'filter')).toEqual({
      level: 'error',
      attributes: { a: ['1', '2'] },
    });
  });

  it('is not parsed when it is too long', () => {
    const parse = vi.spyOn(JSON, 'parse');
    expect(problemOf(`{"text":"${'x'.repeat(20_000)}"}`)?.detail).toBe('The filter must have at most 20000 characters');
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });

  it.each(['', '[', '7', 'null', '[['.repeat(9000)])('must be a JSON object, not %.10s', (text) => {
    expect(problemOf(text)?.errors).toEqual([{ field: 'filter', message: 'must be a JSON object' }]);
  });

  it('says in plain words what is wrong, and to programs in which field', () => {
    expect(problemOf('{"regex":"a(b"}')).toEqual({
      detail:
        'The regular expression cannot be read at character 2: (b opens a group that is not closed: add ), or write \\( for the character',
      errors: [{ field: 'filter.regex', message: expect.stringContaining('at character 2') }],
    });
  });

  it('does not lose what is nested without end', () => {
    const nested = `{"attributes":${'['.repeat(9000)}${']'.repeat(9000)}}`;
    expect(problemOf(nested)?.errors).toHaveLength(1);
  });
});
