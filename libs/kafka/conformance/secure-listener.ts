import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alterUserScramCredentialsV0, Connection } from '@platformatic/kafka';

interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface SecureListener {
  readonly directory: string;
  readonly port: number;
  readonly certificate: ServerCertificate;
  /** Users of SASL PLAIN and their passwords. */
  readonly plainUsers: Readonly<Record<string, string>>;
}

/** Adds a listener with TLS and SASL to a broker's configuration, beside the plain one. */
export function withSecureListener(properties: Record<string, string>, secure: SecureListener): Record<string, string> {
  const keyStore = join(secure.directory, 'listener.pem');
  writeFileSync(keyStore, secure.certificate.key + secure.certificate.cert, { mode: 0o600 });
  const users = Object.entries(secure.plainUsers).map(([user, password]) => `user_${user}="${password}"`);
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  return {
    ...properties,
    listeners: `${properties.listeners},SECURE://127.0.0.1:${secure.port}`,
    'advertised.listeners': `${properties['advertised.listeners']},SECURE://127.0.0.1:${secure.port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.name.secure.ssl.keystore.type': 'PEM',
    'listener.name.secure.ssl.keystore.location': keyStore,
    'listener.name.secure.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.secure.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${users.join(' ')};`,
    'listener.name.secure.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.secure.scram-sha-512.sasl.jaas.config': scram,
  };
}

const scramMechanisms = {
  'SCRAM-SHA-256': { id: 1, hash: 'sha256', bytes: 32 },
  'SCRAM-SHA-512': { id: 2, hash: 'sha512', bytes: 64 },
};

/** Gives a user a password for both SCRAM mechanisms, over the plain listener (KIP-554). */
export async function addScramUser(plainPort: number, name: string, password: string): Promise<void> {
  const connection = new Connection('scram-users');
  await connection.connect('127.0.0.1', plainPort);
  try {
    const iterations = 4096;
    const salt = randomBytes(16);
    for (const { id, hash, bytes } of Object.values(scramMechanisms)) {
      const saltedPassword = pbkdf2Sync(password, salt, iterations, bytes, hash);
      const credential = { name, mechanism: id, iterations, salt, saltedPassword };
      await alterUserScramCredentialsV0.api.async(connection, [], [credential]);
    }
  } finally {
    await connection.close();
  }
}
