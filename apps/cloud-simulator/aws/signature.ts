import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { HttpRequest } from '../wire/http-service.ts';

/** What an `Authorization: AWS4-HMAC-SHA256 …` header says. */
export interface SignedAs {
  readonly accessKeyId: string;
  /** `yyyymmdd`, region and service, which the signing key is derived from. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const authorizationPattern =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** Reads the header; undefined when there is none or it is not Signature Version 4. */
export function readAuthorization(request: HttpRequest): SignedAs | undefined {
  const match = authorizationPattern.exec(request.headers.authorization ?? '');
  if (match === null) return undefined;
  const [, accessKeyId = '', date = '', region = '', service = '', headers = '', signature = ''] = match;
  return { accessKeyId, date, region, service, signedHeaders: headers.split(';'), signature };
}

/**
 * Whether the secret key signed this request.
 * Source: AWS, "Create a signed AWS API request" (Signature Version 4). The time of signing is not checked, so that a
 * simulator with a clock of its own can be used.
 */
export function isSignedBy(request: HttpRequest, signed: SignedAs, secretAccessKey: string): boolean {
  const scope = `${signed.date}/${signed.region}/${signed.service}/aws4_request`;
  const time = String(request.headers['x-amz-date'] ?? '');
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonicalRequest(request, signed))].join('\n');
  const key = [signed.date, signed.region, signed.service, 'aws4_request'].reduce<Buffer | string>(
    (secret, part) => hmac(secret, part),
    `AWS4${secretAccessKey}`,
  );
  return timingSafeEqual(hmac(key, toSign), Buffer.from(signed.signature, 'hex'));
}

function canonicalRequest(request: HttpRequest, signed: SignedAs): string {
  const [path = '/', query = ''] = request.path.split('?');
  const headers = signed.signedHeaders.map((name) => {
    const value = request.headers[name];
    return `${name}:${(Array.isArray(value) ? value.join(',') : (value ?? '')).trim().replace(/ +/g, ' ')}\n`;
  });
  return [request.method, path, query, headers.join(''), signed.signedHeaders.join(';'), sha256(request.body)].join(
    '\n',
  );
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Buffer | string, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
