import { expect, it } from 'vitest';
import { nameConnections } from './name-connections.ts';
import { readQuery } from './read-query.ts';

const ids = new Map([
  ['shop', 'conn_1'],
  ['the "bank"', 'conn_2'],
]);

function named(text: string) {
  const reading = readQuery(text);
  if ('problem' in reading) throw new Error(reading.problem.message);
  return nameConnections(text, reading.tree, (name) => ids.get(name));
}

it.each([
  ['connection:shop', 'connection:conn_1'],
  [
    'a -connection=shop OR (connection:(shop OR "the \\"bank\\"" OR s*) b)',
    'a -connection=conn_1 OR (connection:(conn_1 OR conn_2 OR s*) b)',
  ],
  ['(connection:shop) -(connection:shop)', '(connection:conn_1) -(connection:conn_1)'],
  ['connection:(shop)', 'connection:(conn_1)'],
  ['"connection":shop connection:* x', '"connection":shop connection:* x'],
])('names of connections in %s become ids', (text, expected) => {
  expect(named(text)).toEqual({ text: expected });
  expect('tree' in readQuery(expected)).toBe(true);
});

it('the step that names connections says where a connection is named that there is not', () => {
  expect(named('x connection:nowhere')).toEqual({ problem: { at: 2, message: 'there is no connection nowhere' } });
});
