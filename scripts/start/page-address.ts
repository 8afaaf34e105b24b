import { Secret } from '@tailrace/config/secret.ts';
import { type ProjectRole, signToken } from '@tailrace/http/access/tokens.ts';
import { DEMO_PROJECT } from './demo-project.ts';

/** How long the printed address signs a person in. */
const PAGE_TOKEN_SECONDS = 12 * 3600;

/** A token for the demo project, signed as the API of this environment expects it. */
export function demoToken(secret: string, role: ProjectRole, expiresInSeconds: number): Promise<string> {
  return signToken(
    new Secret(secret),
    { subject: 'npm start', projects: [DEMO_PROJECT], role },
    {
      expiresInSeconds,
      audience: process.env.JWT_AUDIENCE || undefined,
      issuer: process.env.JWT_ISSUER || undefined,
    },
  );
}

/**
 * The address of the web page, signed in where a token can be signed. The token stands in the fragment, which a browser
 * sends to no server, and which the page takes off the address at once.
 */
export async function pageAddress(url: string, secret: string | undefined): Promise<string> {
  if (secret === undefined) return url;
  return `${url}/#token=${await demoToken(secret, 'admin', PAGE_TOKEN_SECONDS)}`;
}
