import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalise } from '../normalise.ts';

const reference = Date.UTC(2026, 10, 30, 11, 22, 33) * 1000;

function recordOf(message: string) {
  return normalise(
    {
      connection_id: 'conn_1',
      project_id: 'demo',
      provider: 'aws',
      event_id: 'e1',
      timestamp: reference,
      timestamp_nanos: 0,
      observed_timestamp: reference,
      ingest_timestamp: reference,
      source: {},
      stream: 's',
      payload: JSON.stringify({ message }),
      rewind_id: null,
    },
    { partition: 0, offset: 0 },
  );
}

/** Line, level as written, time, and what the message begins with. */
const lines: readonly (readonly [string, string, string | undefined, string])[] = [
  ['11-30 11:22:33.811  1702  2395 D WindowManager: window drawn', 'D', '2026-11-30T11:22:33.811', 'window drawn'],
  ['[Mon Nov 30 11:22:33 2026] [notice] workers ready', 'notice', '2026-11-30T11:22:33', 'workers ready'],
  [
    '- 1796037753 2026.11.30 R02-M1-N0-C:J12-U11 2026-11-30-11.22.33.675872 R02-M1-N0-C:J12-U11 RAS KERNEL INFO parity mended',
    'INFO',
    '2026-11-30T11:22:33.675872',
    'parity mended',
  ],
  [
    '- 1796037753 2026.11.30 R30-M0 2026-11-30-11.22.33.675872 R30-M0 RAS APP FATAL ciod: no link',
    'FATAL',
    '2026-11-30T11:22:33.675872',
    'ciod: no link',
  ],
  ['2026-11-30 11:22:33,978 INFO [main] org.shop.Pack: Created bag', 'INFO', '2026-11-30T11:22:33.978', 'Created bag'],
  ['261130 112233 148 INFO dfs.DataNode$Responder: block 7 ends', 'INFO', '2026-11-30T11:22:33', 'block 7 ends'],
  [
    '20261130-11:22:33:606|Step_LSC|30002312|step counted 3579',
    '',
    '2026-11-30T11:22:33.606',
    'Step_LSC|30002312|step',
  ],
  [
    'nova-api.log.1.2026-11-30_13:53:08 2026-11-30 11:22:33.008 25746 INFO nova.wsgi.server [req-38101a0b - - -] GET done',
    'INFO',
    '2026-11-30T11:22:33.008',
    'nova.wsgi.server',
  ],
  ['[11.30 11:22:33] browser.exe - proxy.example.com:5070 open', '', '2026-11-30T11:22:33', 'browser.exe'],
  [
    '26/11/30 11:22:33 INFO executor.Backend: Registered handlers',
    'INFO',
    '2026-11-30T11:22:33',
    'Registered handlers',
  ],
  ['2026-11-30 11:22:33, Info                  CBS    Loaded Stack', 'Info', '2026-11-30T11:22:33', 'CBS'],
  [
    '2026-11-30 11:22:33,747 - INFO  [Peer[myid=1]/0.0.0.0:2181:Election@774] - time out: 3200',
    'INFO',
    '2026-11-30T11:22:33.747',
    'time out: 3200',
  ],
  [
    '[2026-11-30 11:22:33,575] {bags.py:88} ERROR - Packing failed',
    'ERROR',
    '2026-11-30T11:22:33.575',
    'Packing failed',
  ],
  ['2026-11-30 11:22:33,456 - shop.pay - ERROR - card refused', 'ERROR', '2026-11-30T11:22:33.456', 'card refused'],
  ['2026-11-30 11:22:33,588|8|WARNING|bags.load|nothing to load', 'WARNING', '2026-11-30T11:22:33.588', 'bags.load'],
  ['[W 261130 11:22:33 web:2162] 404 GET /favicon.ico', 'W', '2026-11-30T11:22:33', '404 GET'],
  ['E, [2026-11-30T11:22:33.456789 #4242] ERROR -- : cold cache', 'ERROR', '2026-11-30T11:22:33.456789', 'cold cache'],
  ['ERROR 2026-11-30 11:22:33,123 views 812 1402 no such bag', 'ERROR', '2026-11-30T11:22:33.123', 'no such bag'],
  ['ERROR: could not connect', 'ERROR', undefined, 'could not connect'],
  ['[ERROR] could not connect', 'ERROR', undefined, 'could not connect'],
  ['ERROR could not connect', 'ERROR', undefined, 'could not connect'],
  ['<error> could not connect', 'error', undefined, 'could not connect'],
  ['web-1  | 2026-11-30 11:22:33 [error] no upstream', 'error', '2026-11-30T11:22:33', 'no upstream'],
  ['web  | 2026-11-30 11:22:33 WARN no upstream', 'WARN', '2026-11-30T11:22:33', 'no upstream'],
  [
    '[2026-11-30T11:22:33.444555+01:00] shop.ERROR: coupon store down {"id":7} []',
    'ERROR',
    '2026-11-30T11:22:33.444555+01:00',
    'coupon store down',
  ],
  ['[2026-11-30 11:22:33] production.WARNING: queue is long', 'WARNING', '2026-11-30T11:22:33', 'queue is long'],
  ['11:22:33.456 [main] DEBUG com.shop.Bag - packed', 'DEBUG', 'T11:22:33.456', 'packed'],
  ['2026-11-30 11:22:33.456 [info] <0.211.0> node is up', 'info', '2026-11-30T11:22:33.456', '<0.211.0> node'],
  ['=ERROR REPORT==== 30-Nov-2026::11:22:33 === closed', 'ERROR', '2026-11-30T11:22:33', 'closed'],
  [
    '2026/11/30 11:22:33 [error] 31#31: *7 no upstream, client: 10.0.0.1',
    'error',
    '2026-11-30T11:22:33',
    'no upstream',
  ],
  ['[7] 2026/11/30 11:22:33.123456 [INF] Server is ready', 'INF', '2026-11-30T11:22:33.123456', 'Server is ready'],
  ['2026-11-30T11:22:33.123Z [INFO]  agent: joined', 'INFO', '2026-11-30T11:22:33.123Z', 'joined'],
  ['[2026-11-30T11:22:33Z WARN  shop::bags] torn', 'WARN', '2026-11-30T11:22:33Z', 'torn'],
  ['2026-11-30T11:22:33.123456Z ERROR shop::bags: torn bag=7', 'ERROR', '2026-11-30T11:22:33.123456Z', 'torn bag=7'],
  ['[30-Nov-2026 11:22:33] NOTICE: fpm is running, pid 1', 'NOTICE', '2026-11-30T11:22:33', 'fpm is running'],
  [
    '[30-Nov-2026 11:22:33 UTC] PHP Warning:  no key in /srv/a.php on line 3',
    'Warning',
    '2026-11-30T11:22:33Z',
    'no key',
  ],
  ['[ERROR] 2026-11-30T11:22:33Z 4d8b3785 bag lost', 'ERROR', '2026-11-30T11:22:33Z', '4d8b3785'],
  ['(2026-11-30 11:22:33) (WARN) low on bags', 'WARN', '2026-11-30T11:22:33', 'low on bags'],
  ['2026-11-30 11:22:33\tWARN\tlow on bags', 'WARN', '2026-11-30T11:22:33', 'low on bags'],
  ['Nov 30, 2026 11:22:33 AM com.shop.Bag pack\nSEVERE: torn', 'SEVERE', '2026-11-30T11:22:33', 'torn'],
  ['2026-11-30T11:22:33.123+0000 7f1e 0 ERROR osd.3 is down', 'ERROR', '2026-11-30T11:22:33.123+00:00', 'osd.3'],
  ['2026-11-30 11:22:33 1234 [Warning] Aborted connection', 'Warning', '2026-11-30T11:22:33', 'Aborted connection'],
  [
    '2026-11-30T11:22:33.123456Z 0 [System] [MY-010931] [Server] ready for connections',
    'System',
    '2026-11-30T11:22:33.123456Z',
    'ready for',
  ],
];

describe('the head of a line', () => {
  it.each(lines)('of %s is read', (text, level, time, message) => {
    const record = recordOf(text);
    expect({ level: record.severity_text, time: record.attributes['log.time'] }).toEqual({ level, time });
    expect(record.body.startsWith(message), record.body).toBe(true);
  });

  it('keeps every word of the line in the body, an attribute or a field', () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9._-]{1,12}$/);
    const part = fc.oneof(
      word,
      word.map((one) => `[${one}]`),
      fc.constantFrom('INFO', 'ERROR', '[warn]', '2026-11-30 11:22:33,123', '-', '|', '---', '42', '(main)', 'a.b.C:'),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
        const text = parts.join(' ');
        const { body, attributes, resource, severity_text: level, parser } = recordOf(text);
        if (parser === 'logfmt') return;
        const kept = ` ${[body, level, ...Object.values(attributes), ...Object.values(resource)].join(' ')} `;
        for (const one of text.replace(/2026-11-30 11:22:33,123/g, '').match(/[a-zA-Z0-9]{2,}/g) ?? []) {
          expect(kept.includes(one), `${one} of ${text} in ${kept}`).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
