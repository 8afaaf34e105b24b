/** A request as a proxy or load balancer sees it. */
export interface HttpExchange {
  /** When it ended, milliseconds since the epoch. */
  readonly time: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly bytes: number;
  readonly durationMs: number;
  readonly clientIp: string;
  readonly userAgent: string;
  readonly traceId: string;
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The combined format of Apache and nginx. */
export function combined(exchange: HttpExchange): string {
  const time = new Date(exchange.time);
  const day = String(time.getUTCDate()).padStart(2, '0');
  const clock = time.toISOString().slice(11, 19);
  const when = `${day}/${months[time.getUTCMonth()]}/${time.getUTCFullYear()}:${clock} +0000`;
  const request = `${exchange.method} ${exchange.path} HTTP/1.1`;
  const tail = `"https://shop.example/" "${exchange.userAgent}"`;
  return `${exchange.clientIp} - - [${when}] "${request}" ${exchange.status} ${exchange.bytes} ${tail}`;
}

/** An Application Load Balancer's access log entry. Source: AWS, "Access log entries". */
export function albEntry(exchange: HttpExchange): string {
  const seconds = (exchange.durationMs / 1000).toFixed(3);
  const target = exchange.status === 502 || exchange.status === 504 ? '-' : String(exchange.status);
  return [
    'https',
    new Date(exchange.time).toISOString().replace('Z', '000Z'),
    'app/shop/50dc6c495c0c9188',
    `${exchange.clientIp}:51422`,
    '10.0.11.27:8080',
    '0.001',
    target === '-' ? '-1' : seconds,
    '0.000',
    exchange.status,
    target,
    412,
    exchange.bytes,
    `"${exchange.method} https://shop.example:443${exchange.path} HTTP/2.0"`,
    `"${exchange.userAgent}"`,
    'TLS_AES_128_GCM_SHA256',
    'TLSv1.3',
    'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/checkout/73e2d6bc24d8a067',
    `"Root=${xrayTraceId(exchange.traceId)}"`,
    '"shop.example"',
    '"arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-4234-8234-123456789012"',
    0,
    new Date(exchange.time - exchange.durationMs).toISOString().replace('Z', '000Z'),
    '"forward"',
    '"-"',
    '"-"',
    '"10.0.11.27:8080"',
    `"${target}"`,
    '"-"',
    '"-"',
  ].join(' ');
}

/** A W3C trace id in X-Ray's writing: `1-8hex-24hex`. */
export function xrayTraceId(traceId: string): string {
  return `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
}
