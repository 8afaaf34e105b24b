import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSettings } from '@tailrace/config/environment.ts';
import { Secret } from '@tailrace/config/secret.ts';
import { tokenSettings } from '@tailrace/config/shared-settings.ts';
import { signToken } from '@tailrace/http/access/tokens.ts';
import type { Extensions } from '@tailrace/role/extensions.ts';
import { z } from 'zod';
import { CliError, exitCodes } from './cli-error.ts';
import { didYouMean } from './input/near-matches.ts';
import { visible } from './output/terminal.ts';

/** Where the command runs. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  /** What the installation brings besides what Tailrace comes with. */
  readonly extensions?: Extensions | undefined;
}

const runningFile = z.looseObject({
  url: z.string().optional(),
  kafkaBrokers: z.array(z.string()).optional(),
});
const secretsFile = z.looseObject({ jwtSecret: z.string().optional() });

/** What `npm start` in this directory has left for the command to find. */
export function runningStack({ directory }: CliContext): z.output<typeof runningFile> {
  return readJson(join(directory, '.tailrace', 'running.json'), runningFile) ?? {};
}

/** The server's address: TAILRACE_URL, else what `npm start` runs here, else PORT on this machine. */
export function serverUrl(context: CliContext): URL {
  const { env } = context;
  const address = env.TAILRACE_URL ?? runningStack(context).url ?? `http://127.0.0.1:${env.PORT ?? '8080'}`;
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw new CliError(`TAILRACE_URL is not an http address: ${address}`, exitCodes.usage);
  }
  return new URL(address);
}

interface TokenRequest {
  readonly projects: readonly string[];
  readonly role: 'viewer' | 'editor' | 'admin';
  readonly subject: string;
  readonly expiresInSeconds: number;
}

/**
 * Signs a token with JWT_SECRET, or with the secret that `npm start` made in this directory.
 * @throws CliError when there is neither; SettingsError when JWT_SECRET_FILE cannot be read, or the secret is too short.
 */
export async function mintToken(context: CliContext, request: TokenRequest): Promise<string> {
  const { env, directory } = context;
  const own = loadSettings(tokenSettings.pick({ jwtSecret: true }), env).jwtSecret?.reveal();
  const secret = own ?? readJson(join(directory, '.tailrace', 'secrets.json'), secretsFile)?.jwtSecret;
  if (!secret) {
    throw new CliError(
      'there is no secret to sign a token with',
      exitCodes.usage,
      "Set JWT_SECRET to the server's, or run this where `npm start` was run.",
    );
  }
  return signToken(
    new Secret(secret),
    { subject: request.subject, projects: [...request.projects], role: request.role },
    {
      expiresInSeconds: request.expiresInSeconds,
      audience: env.JWT_AUDIENCE || undefined,
      issuer: env.JWT_ISSUER || undefined,
    },
  );
}

const claims = z.looseObject({ projects: z.array(z.string()) });

/**
 * The server answers no more than that there is no such resource, so that nobody learns of another's projects; who has
 * the token may know what it carries. What cannot be read is left for the server to refuse.
 */
function requireCarried(token: string, project: string): void {
  const carried = projectsOf(token);
  if (carried === undefined || carried.includes(project)) return;
  const others = carried.length === 0 ? 'It carries none' : `It carries ${carried.map(visible).join(', ')}`;
  throw new CliError(
    `TAILRACE_TOKEN does not carry the project ${visible(project)}`,
    exitCodes.usage,
    `${didYouMean(project, carried)}${others}.`,
  );
}

function projectsOf(token: string): readonly string[] | undefined {
  try {
    return claims.parse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())).projects;
  } catch {
    return undefined;
  }
}

/** TAILRACE_TOKEN, else a short-lived token for the project where a secret is at hand. */
export async function accessToken(context: CliContext, project: string): Promise<string> {
  const given = context.env.TAILRACE_TOKEN;
  if (given) {
    requireCarried(given, project);
    return given;
  }
  return mintToken(context, { projects: [project], role: 'admin', subject: 'cli', expiresInSeconds: 3600 }).catch(
    (error) => {
      if (!(error instanceof CliError)) throw error;
      throw new CliError('there is no token', exitCodes.usage, 'Set TAILRACE_TOKEN (see `tailrace token --help`).');
    },
  );
}

function readJson<Type extends z.ZodType>(path: string, type: Type): z.output<Type> | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return type.parse(JSON.parse(text));
  } catch {
    throw new CliError(`${path} cannot be read`, exitCodes.usage, 'Remove it and run `npm start` again.');
  }
}
