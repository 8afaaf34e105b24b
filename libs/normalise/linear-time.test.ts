import { threadCpuUsage } from 'node:process';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { describe, expect, it } from 'vitest';
import { goldenLines } from './golden-lines.ts';
import { normalise } from './normalise.ts';

/**
 * Texts made to send a scanner or a regular expression over the same characters again and again. Sixteen times the
 * text may take some sixteen times the processor time; what is quadratic takes two hundred and fifty times. The bound
 * lies far from both, and the time is this thread's own, the best of several, so that a busy machine changes nothing.
 */
const shapes: Readonly<Record<string, (size: number) => string>> = {
  spaces: (size) => ' '.repeat(size),
  letters: (size) => 'a'.repeat(size),
  digits: (size) => '1'.repeat(size),
  capitals: (size) => 'E'.repeat(size),
  'line breaks': (size) => '\n'.repeat(size),
  tabs: (size) => '2024-01-31T10:20:30.123Z\t'.padEnd(size, '\t'),
  'open braces': (size) => '{'.repeat(size),
  'open brackets': (size) => '['.repeat(size),
  'JSON quotes': (size) => `{"${'\\"'.repeat(size / 2)}`,
  'JSON backslashes': (size) => `{"a":"${'\\\\'.repeat(size / 2)}"}`,
  'JSON escapes': (size) => `{"a":"${'\\n'.repeat(size / 2)}"}`,
  'JSON strings': (size) => `{"a":[${'"x",'.repeat(size / 4)}"x"]}`,
  'JSON keys': (size) => `{${'"a":1,'.repeat(size / 6)}"a":1}`,
  'JSON long key': (size) => `{"${'k'.repeat(size)}":{"b":1,"c":2}}`,
  'JSON unclosed': (size) => `{"a":"${'x'.repeat(size)}`,
  'JSON stack': (size) => `{"stack":"${'Error: x\\n    at y\\n'.repeat(size / 20)}"}`,
  pairs: (size) => 'a=b '.repeat(size / 4),
  equals: (size) => 'a='.repeat(size / 2),
  'unquoted message': (size) => `level=info msg=a ${'b '.repeat(size / 2)}`,
  'open quotes': (size) => 'a="'.repeat(size / 3),
  'quoted backslashes': (size) => `a=b c="${'\\\\'.repeat(size / 2)}"`,
  frames: (size) => `Error: x${'\n    at f (a.js:1:1)'.repeat(size / 20)}`,
  'frames without a type': (size) => `${'x\n'.repeat(size / 2)}    at f`,
  'error words': (size) => `${'Error'.repeat(size / 5)}\n at x`,
  'indented lines': (size) => `Traceback (most recent call last):${'\n  x'.repeat(size / 4)}`,
  tracebacks: (size) => 'Traceback (most recent call last):\n'.repeat(size / 35),
  panics: (size) => `${'panic serving '.repeat(size / 14)}\ngoroutine `,
  'java brackets': (size) => `2024-01-31 10:20:30,123 INFO ${'[a] '.repeat(size / 4)}`,
  'java logger': (size) => `2024-01-31 10:20:30,123 INFO ${'a.'.repeat(size / 2)}`,
  'trailing logger': (size) => `[2024-01-31 10:20:30,123] INFO ${'a ('.repeat(size / 3)})`,
  'structured data': (size) => `<34>1 2024-01-31T10:20:30Z h a - - ${'[a b="c"]'.repeat(size / 9)}`,
  'structured value': (size) => `<34>1 2024-01-31T10:20:30Z h a - - [a b="${'\\'.repeat(size)}`,
  'syslog host': (size) => `<34>Jan 31 10:20:30 ${'h'.repeat(size)}`,
  access: (size) => `1.1.1.1 - - [31/Jan/2024:10:20:30 +0000] "${'GET '.repeat(size / 4)}" 200 1`,
  'nginx parts': (size) => `2024/01/31 10:20:30 [error] 1#1: ${', client: '.repeat(size / 10)}`,
  'alb tokens': (size) => `http 2024-01-31T10:20:30.1Z ${'"a" '.repeat(size / 4)}`,
  'flow header': (size) => 'version '.repeat(size / 8),
  'lambda metrics': (size) => `REPORT RequestId: 8476a536-e9f4-11e8-9739-2dfe598c3fcd${'\ta: 1 ms'.repeat(size / 8)}`,
  klog: (size) => `I0131 10:20:30.123456 1 a.go:1] "${'x" y="'.repeat(size / 6)}`,
  'go pairs': (size) => `2024/01/31 10:20:30 INFO ${'x '.repeat(size / 2)}a=1`,
  'winston meta': (size) => `info: ${' {"'.repeat(size / 3)}}`,
  'dotnet lines': (size) => `info: A[1]${'\n      x'.repeat(size / 8)}`,
  'head brackets': (size) => '[a]'.repeat(size / 3),
  'head numbers': (size) => '1 '.repeat(size / 2),
  'head words': (size) => 'a.b '.repeat(size / 4),
  'head separators': (size) => `a.b ${'- '.repeat(size / 2)}`,
  'nested brackets': (size) => `2024-01-31 10:20:30 INFO ${'['.repeat(size)}`,
  envelopes: (size) => '2024-01-31T10:20:30Z stdout F '.repeat(size / 30),
  'carriage returns': (size) => 'a\r'.repeat(size / 2),
  haproxy: (size) => `1.1.1.1:1 [31/Jan/2024:10:20:30.123] a b/c ${'0/'.repeat(size / 2)}`,
  'rust spans': (size) => `2024-01-31T10:20:30Z  INFO ${'a{b=c}:'.repeat(size / 7)}`,
  'rust colons': (size) => `2024-01-31T10:20:30Z  INFO ${':'.repeat(size)}`,
  'postgresql csv': (size) => `2024-01-31 10:20:30 UTC,${'"a""b",'.repeat(size / 7)}`,
  'postgresql prefix': (size) => `2024-01-31 10:20:30 UTC [1] ${'a=b,'.repeat(size / 4)}`,
  'mysql slow': (size) => `# Time: 2024-01-31T10:20:30Z\n${'# '.repeat(size / 2)}`,
  's3 tokens': (size) => `${'a'.repeat(64)} bags [31/Jan/2024:10:20:30 +0000] ${'"x" '.repeat(size / 4)}`,
  'cloudfront tabs': (size) => `2024-01-31\t10:20:30${'\ta'.repeat(size / 2)}`,
  'iis fields': (size) => `2024-01-31 10:20:30${' a'.repeat(size / 2)}`,
  'envoy tokens': (size) => `[2024-01-31T10:20:30.1Z] ${'"a" '.repeat(size / 4)}`,
  'activemq bars': (size) => `2024-01-31 10:20:30,123 | INFO  ${'| a '.repeat(size / 4)}`,
  'apache client': (size) => `[Wed Jan 31 10:20:30 2024] [a:error] [client ${'1'.repeat(size)}`,
  'php place': (size) => `PHP Warning:  ${' in a'.repeat(size / 5)}`,
  'cut JSON in JSON': (size) => `{"log":"${'{\\"log\\":'.repeat(size / 10)}`,
  colours: (size) => '\x1b[31m'.repeat(size / 5),
  'half colours': (size) => '\x1b['.repeat(size / 2),
  surrogates: (size) => `{"a":"${'\\ud83d'.repeat(size / 6)}"}`,
};

const small = 64 * 1024;
/** To a megabyte. */
const factor = 16;
const mostGrowth = factor * 5;
const rounds = 4;

function rawEventOf(text: string): RawEvent {
  return {
    connection_id: 'conn_1',
    project_id: 'demo',
    provider: 'aws',
    event_id: 'e1',
    timestamp: 1_706_696_430_000_000,
    timestamp_nanos: 0,
    observed_timestamp: 1_706_696_430_000_000,
    ingest_timestamp: 1_706_696_430_000_000,
    source: {},
    stream: 's',
    payload: JSON.stringify({ message: text }),
    rewind_id: null,
  };
}

/** Microseconds of this thread's processor time. */
function costOf(text: string): number {
  const event = rawEventOf(text);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = threadCpuUsage();
    normalise(event, { partition: 0, offset: 0 });
    const { user, system } = threadCpuUsage(before);
    best = Math.min(best, user + system);
  }
  return best;
}

const readings = 5;

/**
 * How many times as long sixteen times the text takes. A busy machine spoils a reading now and then, by its caches or by
 * garbage collection: one that is over the bound is taken again. What is quadratic stays over it.
 *
 * @param leastUs below this the clock's own steps would be what is measured
 */
function growthOf(textOf: (size: number) => string, leastUs: number): number {
  const [short, long] = [textOf(small), textOf(small * factor)];
  let growth = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < readings && growth >= mostGrowth; reading++) {
    growth = Math.min(growth, costOf(long) / Math.max(leastUs, costOf(short)));
  }
  return growth;
}

describe('the time a text takes grows with its length only', { timeout: 60_000 }, () => {
  it.each(Object.entries(shapes))('%s', (_, shape) => {
    expect(growthOf(shape, 1000)).toBeLessThan(mostGrowth);
  });
});

/** Where a line of a format may grow: what it ends with, what stands in its middle, what sets its parts apart. */
const growths: Readonly<Record<string, (line: string, size: number) => string>> = {
  end: (line, size) => line + line.slice(-24).repeat(size / 24),
  middle: (line, size) => {
    const at = Math.floor(line.length / 2);
    return line.slice(0, at) + line.slice(at, at + 12).repeat(size / 12) + line.slice(at);
  },
  separators: (line, size) => {
    const separators = line.match(/[^A-Za-z0-9]/g) ?? [' '];
    return line.replace(/[^A-Za-z0-9]/g, (each) => each.repeat(size / separators.length));
  },
  whole: (line, size) => `${line} `.repeat(size / (line.length + 1)),
};

/** Of each parser the shortest line and the longest. */
const ofParsers = Object.entries(Object.groupBy(goldenLines(), ({ parser }) => parser)).flatMap(
  ([parser, held = []]) => {
    const texts = held.map(({ text }) => text).sort((one, other) => one.length - other.length);
    const chosen = new Set([texts[0], texts.at(-1)]);
    return [...chosen].flatMap((text) =>
      Object.keys(growths).map((growth) => [parser, growth, text as string] as const),
    );
  },
);

describe('the time a line of a format takes grows with its length only', { timeout: 60_000 }, () => {
  it.each(ofParsers)('%s, longer at its %s: %s', (_, growth, line) => {
    const grow = growths[growth] as (line: string, size: number) => string;
    expect(growthOf((size) => grow(line, size), 2000)).toBeLessThan(mostGrowth);
  });
});
