import { expect, test } from 'vitest';
import { lastPartStart, SeenAttributes, suggestions, withStored } from './completion.ts';

function seenOf(...lines: readonly object[]): SeenAttributes {
  const seen = new SeenAttributes();
  for (const line of lines) seen.see({ attributes: {}, resource: {}, stream: 's', parser: 'json', ...line } as never);
  return seen;
}

test('completion knows what was seen', () => {
  const seen = seenOf(
    { attributes: { svc: 'cart' }, resource: { region: 'eu', 'service.name': 'shop' } },
    { attributes: { svc: 'check out' }, resource: { region: 'eu' } },
  );
  const offered = (written: string) => suggestions(written, seen, { level: ['warn', 'error'] }).map(({ text }) => text);
  expect(offered('sv')).toEqual(['svc:']);
  expect(offered('svc:')).toEqual(['svc:"check out"', 'svc:cart']);
  expect(offered('-region:e')).toEqual(['-region:eu']);
  expect(offered('level:w')).toEqual(['level:warn']);
  expect(offered('-lev')).toEqual(['-level:']);
  expect(offered('service:')).toEqual(['service:shop']);
  expect(offered('parser:')).toEqual(['parser:json']);
});

test('completion knows names in quotes, and writes values that read back', () => {
  const seen = seenOf({ attributes: { 'user id': '42', level: '30', url: '//cdn', text: 'a\nb' } });
  const offered = (written: string) => suggestions(written, seen, { level: ['warn'] }).map(({ text }) => text);
  expect(offered('"us')).toEqual(['"user id":']);
  expect(offered('-"user id":')).toEqual(['-"user id":42']);
  expect(offered('"level":')).toEqual(['"level":30']);
  expect(offered('level:')).toEqual(['level:warn']);
  expect(offered('url:')).toEqual(['url:"//cdn"']);
  expect(offered('text:')).toEqual(['text:"a\nb"']);
  expect(offered('constructor:')).toEqual([]);
});

test('completion offers what is stored after what was seen, each once', () => {
  const seen = seenOf({ attributes: { region: 'eu' } });
  const stored = {
    names: ['region', 'coupon'],
    values: new Map([
      ['region', ['us', 'eu']],
      ['coupon', ['SPRING']],
    ]),
  };
  const offered = (written: string) => suggestions(written, withStored(seen, stored), {}).map(({ text }) => text);
  expect(offered('region:')).toEqual(['region:eu', 'region:us']);
  expect(offered('coup')).toEqual(['coupon:']);
  expect(offered('-coupon:sp')).toEqual(['-coupon:SPRING']);
});

test.each([
  'level:w',
  '"user id":4',
  '-"user id":"a b',
  '"user i',
  String.raw`"a\" b":c`,
  String.raw`/GET \/api v`,
  '',
])('%s is one part that is being written', (written) => {
  expect(lastPartStart(written)).toBe(0);
  expect(lastPartStart(`"a b":"c d" ${written}`)).toBe(12);
  expect(lastPartStart(`"a b":"c d" (${written}`)).toBe(13);
});
