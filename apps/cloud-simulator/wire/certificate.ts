import { randomUUID, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { generate } from 'selfsigned';

/** A server certificate and the authority that signed it, PEM. */
export interface Certificate {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const fileNames = { ca: 'ca.pem', cert: 'server.pem', key: 'server.key' } as const;

/** The path of the authority's certificate in a directory given to `certificateFor`, for NODE_EXTRA_CA_CERTS. */
export function caFileIn(directory: string): string {
  return join(directory, fileNames.ca);
}

/**
 * A certificate for the hostname (besides localhost and the loopback addresses), from an authority made for it. With a
 * directory it is kept there and used again, so that a process started with NODE_EXTRA_CA_CERTS goes on trusting it.
 */
export async function certificateFor(hostname: string, directory?: string): Promise<Certificate> {
  const kept = directory === undefined ? undefined : readKept(directory);
  if (kept !== undefined && isGoodFor(kept, hostname)) return kept;
  const made = await make(hostname);
  if (directory !== undefined) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, fileNames.ca), made.ca);
    writeFileSync(join(directory, fileNames.cert), made.cert);
    writeFileSync(join(directory, fileNames.key), made.key, { mode: 0o600 });
  }
  return made;
}

/** Makes TLS clients of this thread trust the authority, as NODE_EXTRA_CA_CERTS does for a process at its start. */
export function trustInThisThread(ca: string): void {
  const trusted = tls.getCACertificates('default');
  if (!trusted.includes(ca)) tls.setDefaultCACertificates([...trusted, ca]);
}

function readKept(directory: string): Certificate | undefined {
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  if (!Object.values(fileNames).every((name) => existsSync(join(directory, name)))) return undefined;
  return { ca: read(fileNames.ca), cert: read(fileNames.cert), key: read(fileNames.key) };
}

function isGoodFor(certificate: Certificate, hostname: string): boolean {
  const x509 = new X509Certificate(certificate.cert);
  const named = isIP(hostname) === 0 ? x509.checkHost(hostname) : x509.checkIP(hostname);
  return named !== undefined && Date.parse(x509.validTo) > Date.now() + 24 * 3_600_000;
}

async function make(hostname: string): Promise<Certificate> {
  const validity = {
    notBeforeDate: new Date(Date.now() - 24 * 3_600_000),
    notAfterDate: new Date(Date.now() + 365 * 24 * 3_600_000),
    keyType: 'ec',
    algorithm: 'sha256',
  } as const;
  // A name of its own: among trusted authorities of one name OpenSSL looks no further than the first.
  const authority = await generate([{ name: 'commonName', value: `Tailrace cloud simulator ${randomUUID()}` }], {
    ...validity,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: hostname }], {
    ...validity,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: alternativeNames(hostname) },
    ],
  });
  return { ca: authority.cert, cert: server.cert, key: server.private };
}

function alternativeNames(hostname: string) {
  const names = [...new Set(['localhost', '127.0.0.1', '::1', hostname])];
  return names.map((name) =>
    isIP(name) === 0 ? ({ type: 2, value: name } as const) : ({ type: 7, ip: name } as const),
  );
}
