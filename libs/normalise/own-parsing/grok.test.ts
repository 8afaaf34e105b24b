import { describe, expect, it } from 'vitest';
import { grokPatterns } from './grok-patterns.ts';
import { parsingExpression } from './parsing-expression.ts';

/** Groups by name, of the first match. */
function found(pattern: string, text: string): Record<string, string> | undefined {
  const compiled = parsingExpression(pattern);
  if ('problem' in compiled) throw new Error(compiled.problem);
  const bounds = compiled.match(text);
  if (bounds === undefined) return undefined;
  return Object.fromEntries(
    compiled.groups
      .filter(({ index }) => (bounds[2 * index] ?? -1) >= 0)
      .map(({ index, name }) => [name, text.slice(bounds[2 * index], bounds[2 * index + 1])]),
  );
}

it.each(
  [...grokPatterns.keys()].filter(
    (name) => !['SPACE', 'DATA', 'GREEDYDATA', 'GREEDYMULTILINE', 'URIQUERY'].includes(name),
  ),
)('%s is an expression of RE2, within the bounds of a rule', (name) =>
  expect(parsingExpression(`^%{${name}:x}$`)).not.toHaveProperty('problem'),
);

describe('grok', () => {
  it.each([
    ['IP', ['10.0.0.1', '::1', '2001:db8::ff00:42:8329', 'fe80::1%eth0', '::ffff:10.0.0.1'], ['10.0.0', 'x']],
    ['NUMBER', ['1', '-1.5', '+.5', '007'], ['1.', 'x', '']],
    ['UUID', ['550e8400-e29b-41d4-a716-446655440000'], ['550e8400']],
    ['IPORHOST', ['web-1.example.com', '10.0.0.1', 'localhost'], ['-x', '']],
    ['URI', ['https://user@example.com:8080/a/b?c=d&e'], ['example.com']],
    ['QS', ['"a \\" b"', "'x'"], ['"a', 'a']],
    [
      'TIMESTAMP_ISO8601',
      ['2024-01-31T10:20:30.123Z', '2024-01-31 10:20:30,123', '2024-01-31T10:20+01:00'],
      ['2024-13-01 10:20'],
    ],
    ['HTTPDATE', ['31/Jan/2024:10:20:30 +0000'], ['31/Jan/2024']],
    ['SYSLOGTIMESTAMP', ['Jan 31 10:20:30', 'Jan  5 10:20:30'], ['31 Jan']],
    ['LOGLEVEL', ['ERROR', 'Warning', 'info', 'CRITICAL'], ['loud']],
    ['PATH', ['/var/log/app.log', 'C:\\logs\\app.log'], ['app']],
    ['MAC', ['00:1a:2B:3c:4d:5e', '00-1a-2B-3c-4d-5e', '001a.2B3c.4d5e'], ['00:1a']],
    ['JAVACLASS', ['com.example.Main$1', 'Main'], ['1.x']],
    ['EMAILADDRESS', ['ann+x@example.com'], ['ann@']],
    ['MONTHDAY', ['1', '01', '31'], ['32', '0']],
  ])('%s takes what it is named for and nothing else', (name, right, wrong) => {
    const expression = parsingExpression(`^%{${name}:x}$`);
    if ('problem' in expression) throw new Error(expression.problem);
    expect(right.filter((text) => !expression.finds(text))).toEqual([]);
    expect(wrong.filter((text) => expression.finds(text))).toEqual([]);
  });

  it('names fields as Logstash does, and one name twice', () => {
    expect(found('%{IP:[client][ip]}:%{INT:port:int} %{WORD:http.method}', '10.0.0.1:80 GET')).toEqual({
      'client.ip': '10.0.0.1',
      port: '80',
      'http.method': 'GET',
    });
    expect(found('^(?:a%{INT:n}|b%{INT:n})$', 'b7')).toEqual({ n: '7' });
  });

  it('has the fields of patterns that are whole lines', () => {
    const line = '10.0.0.1 - ann [31/Jan/2024:10:20:30 +0000] "GET /a?b HTTP/1.1" 200 512 "-" "curl/8"';
    expect(found('^%{COMBINEDAPACHELOG}$', line)).toMatchObject({
      clientip: '10.0.0.1',
      auth: 'ann',
      verb: 'GET',
      request: '/a?b',
      response: '200',
      bytes: '512',
      agent: '"curl/8"',
    });
    expect(found('%{SYSLOGBASE} %{GREEDYDATA:message}', 'Jan 31 10:20:30 web-1 sshd[77]: no')).toMatchObject({
      logsource: 'web-1',
      program: 'sshd',
      pid: '77',
      message: 'no',
    });
  });

  it('stands beside RE2’s own named groups, and is taken literally where it is escaped', () => {
    expect(found('(?P<a>\\w+)=%{INT:b} (?<c>x)', 'k=5 x')).toEqual({ a: 'k', b: '5', c: 'x' });
    expect(found('^%\\{INT\\}$', '%{INT}')).toEqual({});
  });

  it('refers to no pattern that it does not have', () => {
    const names = [...grokPatterns.values()].flatMap((each) =>
      [...each.matchAll(/%\{(\w+)/g)].map(([, name]) => name ?? ''),
    );
    expect(names.filter((name) => !grokPatterns.has(name))).toEqual([]);
  });
});
