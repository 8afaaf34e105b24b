import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Secret } from '@tailrace/config/secret.ts';
import { signToken } from '@tailrace/http/access/tokens.ts';

const root = join(import.meta.dirname, '..', '..');
const parts = ['.config', 'apps', 'libs', 'schemas', 'scripts', 'package.json', 'tsconfig.json'];
const left: ReadonlySet<string> = new Set(['node_modules', 'dist', 'golden', '.tailrace']);

/** A copy of this repository with the example's fourth cloud in it, as `docs/contributing/add-a-connector.md` has it. */
export function repositoryWithFourthCloud(): string {
  const copy = mkdtempSync(join(tmpdir(), 'tailrace-extended-'));
  for (const part of parts) {
    cpSync(join(root, part), join(copy, part), { recursive: true, filter: (path) => !left.has(basename(path)) });
  }
  linkPackages(copy);
  cpSync(join(copy, 'scripts/examples/fourth-cloud'), join(copy, 'libs/connectors/beacon'), { recursive: true });
  const clouds = join(copy, 'libs/connectors/clouds.ts');
  const text = readFileSync(clouds, 'utf8').replace('[aws, azure, gcp]', '[aws, azure, gcp, beacon]');
  writeFileSync(clouds, `import { beacon } from './beacon/cloud.ts';\n${text}`);
  execFileSync(process.execPath, ['scripts/generate-schemas.ts'], { cwd: copy });
  return copy;
}

/** The packages of this repository's installation, and the copy's own workspaces in the place of this one's. */
function linkPackages(copy: string): void {
  mkdirSync(join(copy, 'node_modules', '@tailrace'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@tailrace') symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  }
  const workspaces = join('node_modules', '@tailrace');
  for (const name of readdirSync(join(root, workspaces))) {
    symlinkSync(readlinkSync(join(root, workspaces, name)), join(copy, workspaces, name));
  }
  for (const workspace of ['apps/cli', 'apps/cloud-simulator', 'libs/channels']) {
    symlinkSync(join(root, workspace, 'node_modules'), join(copy, workspace, 'node_modules'));
  }
}

/** A running Tailrace of the copy, with the examples' parser, rule kind and channel besides. */
export class ExtendedInstallation {
  readonly repository: string;
  /** For the files of tests. */
  readonly directory: string;
  readonly url: string;
  readonly token: string;
  readonly #stop: () => Promise<void>;

  private constructor(
    parts: Pick<ExtendedInstallation, 'repository' | 'directory' | 'url' | 'token'>,
    stop: () => Promise<void>,
  ) {
    this.repository = parts.repository;
    this.directory = parts.directory;
    this.url = parts.url;
    this.token = parts.token;
    this.#stop = stop;
  }

  static async start(): Promise<ExtendedInstallation> {
    const repository = repositoryWithFourthCloud();
    const secret = randomBytes(32).toString('hex');
    const child = spawn(process.execPath, ['scripts/examples/extended.fixture.ts'], {
      cwd: repository,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        HOST: '127.0.0.1',
        PORT: '0',
        LOG_LEVEL: 'silent',
        JWT_SECRET: secret,
        CREDENTIAL_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
        DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
        WEB_DIRECTORY: join(root, 'apps', 'web', 'dist'),
      },
    });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const stop = async () => {
      child.stdin.end();
      await ended;
      rmSync(repository, { recursive: true });
    };
    const line = new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve));
    const first = await Promise.race([line, ended]);
    if (first === undefined) {
      await stop();
      throw new Error('the installation ended before it had started');
    }
    const { port }: { port: number } = JSON.parse(first);
    const token = await signToken(
      new Secret(secret),
      { subject: 'test', projects: ['demo'], role: 'admin' },
      { expiresInSeconds: 3600 },
    );
    const directory = join(repository, 'files');
    mkdirSync(directory);
    return new ExtendedInstallation({ repository, directory, url: `http://127.0.0.1:${port}`, token }, stop);
  }

  /** Asks the API. @throws for anything but success. */
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of an answer is said by its expectations.
  async api(method: string, path: string, body?: unknown): Promise<any> {
    const response = await fetch(`${this.url}/api/v1/live-logs/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}
