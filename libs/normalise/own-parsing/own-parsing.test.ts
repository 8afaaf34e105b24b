import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalise } from '../normalise.ts';
import { normaliserVersion } from '../normaliser-version.ts';
import { compileRules } from './compile-rules.ts';
import { lineVersion } from './line-version.ts';
import { testEvent, testRuleSet } from './test-rules.ts';

const position = { partition: 0, offset: 1 };
const read = (rules: unknown, message: string, changes = {}) =>
  normalise(testEvent(message, changes), position, { rules: testRuleSet(rules) });
const own = ({ attributes }: { attributes: Readonly<Record<string, string>> }) => {
  const { 'log.record.uid': _, ...rest } = attributes;
  return rest;
};

const checkout = {
  name: 'checkout',
  pattern:
    '^(?P<at>\\d+\\.\\d+\\. \\d\\d:\\d\\d:\\d\\d) ~(?P<sev>\\w)~ %{WORD:shop.step} %{NUMBER:duration:float}ms <%{IP:client.address}> (?P<message>.*)$',
  time: { group: 'at', format: 'd.M. HH:mm:ss', zone: 'Europe/Vienna' },
  level: { group: 'sev', map: { K: 'error', h: 'info' } },
};

describe('a rule of a connection', () => {
  it('says what is time, level, message and attributes of a format that nobody knows', () => {
    const record = read([checkout], '30.11. 11:20:30 ~K~ pay 12.50ms <10.0.0.7> refused by the bank');
    expect(record).toMatchObject({
      severity_number: 17,
      severity_text: 'K',
      body: 'refused by the bank',
      parser: 'rule:checkout',
    });
    expect(own(record)).toEqual({
      'log.time': '2026-11-30T11:20:30+01:00',
      'shop.step': 'pay',
      duration: '12.50',
      'client.address': '10.0.0.7',
      'log.record.original': '30.11. 11:20:30 ~K~ pay 12.50ms <10.0.0.7> refused by the bank',
    });
  });

  it('takes case aside in its map of levels, and usual words without one', () => {
    expect(read([checkout], '30.11. 11:20:30 ~k~ pay 1ms <::1> m').severity_number).toBe(17);
    const usual = [{ name: 'a', pattern: '^%{WORD:level};(?P<message>.*)' }];
    expect(read(usual, 'Warning;low')).toMatchObject({ severity_number: 13, severity_text: 'Warning', body: 'low' });
  });

  it('keeps as attributes what is not the time or the level that it should be', () => {
    const record = read([checkout], '99.99. 11:20:30 ~Q~ pay 1ms <::1> m');
    expect(record).toMatchObject({ severity_number: 0, body: 'm' });
    expect(own(record)).toMatchObject({ at: '99.99. 11:20:30', sev: 'Q' });
    expect(record.attributes['log.time']).toBeUndefined();
  });

  it('leaves lines that it does not take to the parsers, under the version of the rules all the same', () => {
    const record = read([checkout], '2026-11-30T10:20:30Z ERROR no stock');
    expect(record).toMatchObject({ body: 'no stock', severity_number: 17 });
    expect(record.parser).not.toContain('rule:');
    expect(record.normaliser_version).toBe(lineVersion(1, normaliserVersion));
  });

  it('comes before the parsers, and before the rules behind it', () => {
    const rules = [
      { name: 'first', pattern: '^(?P<time>\\S+) ERROR (?P<message>.*)' },
      { name: 'second', pattern: 'ERROR' },
    ];
    expect(read(rules, '2026-11-30T10:20:30Z ERROR no stock')).toMatchObject({
      parser: 'rule:first',
      severity_number: 0,
    });
    expect(read(rules, 'x ERROR no stock')).toMatchObject({ parser: 'rule:first', body: 'no stock' });
    expect(read(rules, 'ERROR no stock')).toMatchObject({ parser: 'rule:second', body: 'ERROR no stock' });
  });

  it('is tried only where its condition holds', () => {
    const rules = [{ name: 'a', pattern: '(?P<word>\\w+)', when: { stream: 'web-*-eu', contains: 'cart' } }];
    const of = (stream: string, message: string) => read(rules, message, { stream }).parser;
    expect(of('web-17-eu', 'the cart')).toBe('rule:a');
    expect(of('web-17-us', 'the cart')).toBe('plain');
    expect(of('web-eu', 'the cart')).toBe('plain');
    expect(of('web-17-eu', 'the card')).toBe('plain');
  });

  it('reads the line that an envelope carries, whatever the envelope says of its level', () => {
    const rules = [{ name: 'pay', pattern: '^pay\\|(?P<level>\\w+)\\|(?P<message>.*)' }];
    const docker = JSON.stringify({ log: 'pay|error|refused\n', stream: 'stdout', time: '2026-11-30T10:20:30Z' });
    expect(read(rules, docker)).toMatchObject({ parser: 'rule:pay', severity_number: 17, body: 'refused' });
    const json = JSON.stringify({ level: 'info', msg: 'pay|error|refused' });
    const record = read(rules, json);
    expect(record).toMatchObject({ parser: 'rule:pay', severity_number: 17, body: 'refused' });
    expect(own(record)).toMatchObject({ level: 'info' });
    expect(read(rules, '2026-11-30T10:20:30.1Z stdout F pay|error|refused')).toMatchObject({
      parser: 'rule:pay',
      body: 'refused',
    });
  });

  it('keeps the level of the cloud beside its own', () => {
    const rules = [{ name: 'pay', pattern: '^pay (?P<level>\\w+) (?P<message>.*)' }];
    const payload = JSON.stringify({
      textPayload: 'pay error refused',
      severity: 'NOTICE',
      logName: 'projects/p/logs/app',
    });
    const record = read(rules, '', { provider: 'gcp', payload });
    expect(record).toMatchObject({ severity_number: 17, severity_text: 'error', body: 'refused' });
    expect(own(record)).toMatchObject({ 'log.envelope.level': 'NOTICE' });
  });

  it('reads JSON behind its prefix, and keeps a stack trace with the message', () => {
    const rules = [{ name: 'a', pattern: '^#(?P<n>\\d+) (?P<message>.*)$' }];
    expect(own(read(rules, '#7 {"msg":"hi","cart":"c1"}'))).toMatchObject({ n: '7', cart: 'c1' });
    const trace = '#7 failed\njava.lang.IllegalStateException: no\n\tat a.b.C.d(C.java:1)';
    const record = read(rules, trace);
    expect(record.body).toBe(trace.slice(3));
    expect(own(record)).toMatchObject({ 'exception.type': 'java.lang.IllegalStateException' });
    expect(own(record)['log.record.original']).toBeUndefined();
  });

  it('sees the whole event where it says so', () => {
    const rules = [{ name: 'a', multiline: true, pattern: '(?s)^BEGIN\\n(?P<message>.*)\\nEND (?P<id>\\d+)$' }];
    expect(read(rules, 'BEGIN\none\ntwo\nEND 5')).toMatchObject({ body: 'one\ntwo', attributes: { id: '5' } });
  });

  it('gives the record its trace, its service and its host', () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const rules = [
      {
        name: 'a',
        pattern: '^(?P<t>\\w+) (?P<s>\\S+) (?P<h>\\S+) (?P<message>.*)',
        attributes: { t: 'trace_id', s: 'service.name', h: 'host.name' },
      },
    ];
    expect(read(rules, `${trace} cart web-1 hi`)).toMatchObject({
      trace_id: trace,
      resource: { 'service.name': 'cart', 'host.name': 'web-1' },
      body: 'hi',
    });
    expect(own(read(rules, 'none cart web-1 hi'))).toMatchObject({ trace_id: 'none' });
  });

  it('may state the level of every line that it takes', () => {
    const rules = [{ name: 'a', pattern: '^REFUSED', level: { always: 'error' } }];
    expect(read(rules, 'REFUSED 7')).toMatchObject({ severity_number: 17, severity_text: '', body: 'REFUSED 7' });
  });
});

describe('rules that cannot be used', () => {
  const problems = (rules: unknown) => {
    const compiled = compileRules(rules);
    return 'problems' in compiled ? compiled.problems.map(({ field, message }) => `${field} ${message}`) : [];
  };

  it.each([
    [{ pattern: 'a(b' }, '0.pattern cannot be read at character 2: (b opens a group that is not closed'],
    [{ pattern: '%{WORD:w} (x' }, '0.pattern cannot be read at character 11: (x opens a group that is not closed'],
    [{ pattern: '%{WROD:w}' }, '0.pattern %{WROD:w}: WROD is not a pattern known here'],
    [{ pattern: '%{WORDS}' }, 'there are WORD'],
    [{ pattern: '%{INT:n:number}' }, 'number is not a type'],
    [{ pattern: '(?=x)y' }, 'lookaround'],
    [{ pattern: 'a*' }, '0.pattern would take every line'],
    [{ pattern: '(?:.?){900}x' }, '0.pattern is too large'],
    [{ pattern: 'x'.repeat(2001) }, '0.pattern must have at most 2000 characters'],
    [{ pattern: '%{COMBINEDAPACHELOG}'.repeat(60) }, '0.pattern becomes longer than 20000 characters'],
    [{ pattern: Array.from({ length: 41 }, (_, at) => `(?P<g${at}>x)`).join('') }, 'has 41 named groups'],
    [{ pattern: 'a', message: 'm' }, '0.message names no group of the pattern: it has none'],
    [{ pattern: '(?P<a>a)', attributes: { b: 'c' } }, '0.attributes.b names no group of the pattern: it has a'],
    [{ pattern: '(?P<a>a)', attributes: { a: 'log.time' } }, '0.attributes.a is written by Tailrace itself'],
    [{ pattern: '(?P<a>a)', time: { format: 'HH:mm' } }, '0.time needs a group'],
    [{ pattern: '(?P<time>a)', time: { format: 'qq' } }, '0.time.format has qq, which is no part of a time'],
    [{ pattern: '(?P<time>a)', time: { zone: 'Vienna' } }, '0.time.zone is not a time zone'],
    [{ pattern: '(?P<level>a)', level: { map: { a: 'loud' } } }, '0.level.map.a must be trace, debug'],
    [{ pattern: 'a', name: 'has blanks' }, '0.name must be 1 to 40'],
    [{ pattern: 'a', colour: 'red' }, 'colour'],
  ])('are refused, by the field and what would be right: %#', (rule, expected) => {
    expect(problems([{ name: 'a', ...rule }]).join('; ')).toContain(expected);
  });

  it('are refused where they share a name, or are too many or too large together', () => {
    expect(
      problems([
        { name: 'a', pattern: 'a' },
        { name: 'a', pattern: 'b' },
      ]),
    ).toEqual([expect.stringContaining('1.name is the name of an earlier rule')]);
    const many = Array.from({ length: 21 }, (_, at) => ({ name: `r${at}`, pattern: 'a' }));
    expect(problems(many)).toEqual([expect.stringContaining('may be at most 20')]);
    const large = Array.from({ length: 4 }, (_, at) => ({ name: `r${at}`, pattern: '(?:[ab]c){500}' }));
    expect(problems(large)).toEqual([expect.stringContaining('makes the rules too large together')]);
  });
});

describe('any rules and any line', () => {
  const word = fc.stringMatching(/^[a-zA-Z0-9é._-]{1,8}$/);
  const gap = fc.constantFrom(' ', ' ', '  ', '\n', '\t', '|', ' - ', ': ', '[', ']');
  const line = fc
    .array(fc.tuple(word, gap), { minLength: 1, maxLength: 12 })
    .map((parts) => parts.map(([one, mark]) => one + mark).join(''));
  const part = fc.constantFrom(
    '%{WORD:a}',
    '%{NUMBER:b}',
    '%{NOTSPACE:c}',
    '(?P<time>\\S+)',
    '(?P<level>\\w+)',
    '(?P<message>.*)',
    '.*?',
    '\\s+',
    '%{DATA:d}',
    '%{GREEDYDATA:e}',
    '(?:x|(?P<f>\\w))',
    '(\\w+)',
    '%{IPORHOST:host.name}',
    '%{TIMESTAMP_ISO8601:time}',
    '$',
    '^',
  );
  const rule = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    pattern: fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
    multiline: fc.boolean(),
  });

  /** Groups may divide a word among themselves. */
  function isKept(text: string, kept: string, pieces: number): boolean {
    if (kept.includes(text)) return true;
    if (pieces === 1) return false;
    return Array.from(text).some(
      (_, at) => at > 0 && kept.includes(text.slice(0, at)) && isKept(text.slice(at), kept, pieces - 1),
    );
  }

  it('loses no word and never throws', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 3 }), line, (rules, text) => {
        const compiled = compileRules(rules);
        if ('problems' in compiled) return;
        const record = read(rules, text);
        if (record.parser.startsWith('rule:')) taken += 1;
        else return;
        const kept = [
          record.body,
          record.severity_text,
          record.trace_id ?? '',
          ...Object.values(record.attributes),
          ...Object.values(record.resource),
        ].join('\n');
        // Each group of a pattern may end within a word, and what no group takes is one piece more.
        const pieces = 1 + Math.max(...rules.map(({ pattern }) => pattern.match(/%\{|\(|\.\*\?/g)?.length ?? 0));
        // A time is kept as ISO 8601 writes it.
        if (record.attributes['log.time'] !== undefined) return;
        for (const [each] of text.matchAll(/[\p{L}\p{N}]+/gu)) expect(isKept(each, kept, pieces), each).toBe(true);
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(300);
  });

  it('takes time in proportion to the line at most, and sees no more than its bound', () => {
    const rules = testRuleSet([{ name: 'a', pattern: '(?P<x>.*)a(?P<y>.*)b(?P<z>[ab]{0,300})c(?P<message>.*)' }]);
    const took = (length: number) => {
      const event = testEvent('ab'.repeat(length / 2));
      const began = performance.now();
      normalise(event, position, { rules });
      return performance.now() - began;
    };
    took(1000);
    expect(took(1_000_000)).toBeLessThan(2000);
  });
});
