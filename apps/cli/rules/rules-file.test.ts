import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CliError } from '../cli-error.ts';
import { readRulesFile } from './rules-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'rules-file-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(text: string | Buffer): string {
  const path = join(directory, 'rules.yaml');
  writeFileSync(path, text);
  return path;
}

/** What is wrong with a file, without its path. */
function problemsOf(path: string): string {
  try {
    readRulesFile(path);
    return '';
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return error.message.replaceAll(path, '');
  }
}

const errors = `
  - name: Errors
    alert_type: error_rate
    severity: high
    conditions: { threshold: 10, window_minutes: 5 }
`;

describe('a file of rules', () => {
  it('may share what its rules have in common', () => {
    const text = `
x-shared: &shared { alert_type: error_rate, severity: high }
rules:
  - &first
    <<: *shared
    name: First
    conditions: { threshold: 1, window_minutes: 1 }
  - <<: *first
    name: Second
    severity: low
`;
    expect(readRulesFile(file(text))).toMatchObject([
      { name: 'First', severity: 'high' },
      { name: 'Second', severity: 'low', conditions: { threshold: 1 } },
    ]);
  });

  it.each([
    ['nothing', '', ':1: the file is empty: it must have a list named rules'],
    ['only a comment', '# rules', ':1: the file is empty'],
    ['a text', 'rules', ':1: the file is a single text'],
    ['a list', '- name: x', ':1: the file is a list itself'],
    ['no rules', '{}', ':1: the file has no rules: it must have a list named rules'],
    ['rules that are no list', 'rules:', ':1: rules must be a list'],
    ['a field that it may not have', `rules: []\nversion: 2`, ':2: version is not a field of a file of rules'],
    ['a tab', 'rules:\n\t- name: a', ':2: Tabs are not allowed as indentation (column 1)'],
    ['a key twice', 'rules:\n  - name: a\n    name: b', ':3: Map keys must be unique (column 5)'],
    ['two documents', 'rules: []\n---\nrules: []', ':2: a second document begins here'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0]), ': this is not text in UTF-8'],
    ['a rule that is none', 'rules:\n  - 7', ':2: rule number 1: must be an object with fields, not a number'],
    ['a rule within itself', 'rules: &a\n  - *a', ':2: rule number 1: must be an object with fields, not a list'],
    ['a rule without a name', 'rules:\n  - severity: high', ':2: rule number 1: name is required'],
    ['a name that is a number', `rules:${errors.replace('Errors', '7')}`, ': name must be a string, not a number'],
    ['a field of nobody', `rules:${errors}    colour: red\n`, ':6: rule Errors: colour is not a field'],
    [
      'a missing field',
      `rules:${errors.replace('threshold: 10,', '')}`,
      ':5: rule Errors: conditions.threshold must be',
    ],
    ['a name twice', `rules:${errors}${errors}`, ':7: rule Errors: the rule of line 2 has this name too'],
    ['escapes in a name', 'rules:\n  - name: "\\e[31mred"', 'rule \\u001b[31mred: '],
  ])('a file of rules with %s is refused by the line and the reason', (_, text, problem) => {
    expect(problemsOf(file(text))).toContain(problem);
  });

  it.each([
    ['kind', errors.replace('error_rate', 'eror_rate'), ':3: rule Errors: alert_type must be one of error_rate'],
    ['condition', errors.replace('threshold', 'treshold'), ':5: rule Errors: conditions.treshold is not a field'],
    ['field of the filter', `${errors}    filter: { levl: error }\n`, ':6: rule Errors: filter.levl is not a field'],
  ])('a file of rules with a misspelt %s is refused at its line', (_, rules, problem) => {
    expect(problemsOf(file(`rules:${rules}`))).toContain(problem);
  });

  it('a file of rules may have rules of kinds that the installation has added, once they are named', () => {
    const path = file(`rules:${errors.replace('error_rate', 'moon_phase')}`);
    expect(readRulesFile(path, { ownKinds: ['moon_phase'] })).toMatchObject([{ alert_type: 'moon_phase' }]);
    expect(() => readRulesFile(path, { ownKinds: ['tide'] })).toThrow('alert_type must be one of');
  });

  it('a file of rules is refused with all that is wrong, in the order of its lines', () => {
    const text = `rules:${errors.replace('high', 'urgent')}    filter: { regex: "[a" }\n    enabled: yes\n`;
    expect(problemsOf(file(text)).split('\n')).toEqual([
      ':4: rule Errors: severity must be one of low, medium, high, critical',
      ':6: rule Errors: filter.regex cannot be read at character 1: [a opens a character class that is not closed: add ], or write \\[ for the character',
      ':7: rule Errors: enabled must be true or false, not a string',
    ]);
  });

  it('a file of rules that cannot be read is named with why', () => {
    expect(problemsOf(directory)).toBe(': this is a directory, not a file');
    expect(problemsOf(join(directory, 'none.yaml'))).toBe(': there is no such file');
  });
});
