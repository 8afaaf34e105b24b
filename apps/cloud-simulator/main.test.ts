import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AwsSide } from './aws/start-aws.ts';
import type { AzureSide } from './azure/start-azure.ts';
import type { LedgerEntry } from './store/ledger.ts';

vi.setConfig({ testTimeout: 30_000 });

interface Ready {
  readonly ready: true;
  readonly control: string;
  readonly caFile: string;
  readonly aws: AwsSide;
  readonly azure: AzureSide;
}

/** Machines may be busy. */
const patience = { timeout: 30_000 };
let dataDirectory: string;
let running: ChildProcess | undefined;

beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'simulator-'));
});
afterEach(() => {
  running?.kill('SIGKILL');
  rmSync(dataDirectory, { recursive: true });
});

function spawned(...flags: string[]): ChildProcess {
  const main = new URL('main.ts', import.meta.url).pathname;
  running = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  return running;
}

/** Starts the process and waits for the line that says it is ready. */
async function started(...flags: string[]): Promise<Ready> {
  const child = spawned(
    '--data-dir',
    dataDirectory,
    '--aws-rate',
    '0',
    '--azure-rate',
    '0',
    '--gcp-rate',
    '0',
    ...flags,
  );
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line) as Ready;
  throw new Error('The simulator ended before it was ready.');
}

async function ended(signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(running!, 'exit');
  running!.kill(signal);
  const [code] = (await exit) as [number | null];
  return code;
}

async function ledgerOf({ control }: Ready): Promise<LedgerEntry[]> {
  const response = await fetch(`${control}/ledger`);
  return ((await response.json()) as { entries: LedgerEntry[] }).entries;
}

async function page({ aws }: Ready, nextToken?: string) {
  const client = new CloudWatchLogsClient({ endpoint: aws.endpoint, region: aws.region, credentials: aws.keys.active });
  const command = new FilterLogEventsCommand({ logGroupName: '/ecs/checkout', limit: 1, nextToken });
  return client.send(command).finally(() => client.destroy());
}

describe('the process', () => {
  it('survives its own kill -9: ledger, pages and certificate go on', async () => {
    const first = await started();
    const events = ['one', 'two'].map((message) => ({ cloud: 'aws', message }));
    await fetch(`${first.control}/emit`, { method: 'POST', body: JSON.stringify({ events }) });
    const entries = await ledgerOf(first);
    const { events: seen, nextToken } = await page(first);
    await ended('SIGKILL');
    const second = await started();
    expect(await ledgerOf(second)).toEqual(entries);
    expect(seen?.[0]?.message).toBe('one');
    expect((await page(second, nextToken)).events).toMatchObject([{ message: 'two', eventId: entries[1]?.id }]);
  });

  it('is trusted by a process that is started with its authority', async () => {
    const { azure, caFile } = await started();
    const url = `${azure.authorityHost}/${azure.tenantId}/v2.0/.well-known/openid-configuration`;
    const script = `fetch(${JSON.stringify(url)}).then((answer) => process.exit(answer.status === 200 ? 0 : 1))`;
    const child = spawn(process.execPath, ['-e', script], { env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile } });
    expect(await once(child, 'exit')).toEqual([0, null]);
    await expect(once(request(url).end(), 'response')).rejects.toMatchObject({
      code: expect.stringMatching(/^(UNABLE_TO_VERIFY|SELF_SIGNED)/),
    });
  });

  it('stops on SIGTERM, with a request hanging', async () => {
    const { control, aws } = await started();
    await fetch(`${control}/faults`, { method: 'POST', body: JSON.stringify({ cloud: 'aws', kind: 'hang' }) });
    const hanging = fetch(aws.endpoint, { method: 'POST' }).catch((error: unknown) => error);
    const hung = async () => (await fetch(`${control}/requests?outcome=hang`)).json();
    await expect.poll(hung, patience).toMatchObject({ count: 1 });
    expect(await ended('SIGTERM')).toBe(0);
    expect(await hanging).toBeInstanceOf(Error);
  });

  it('says what is wrong with its settings', async () => {
    const child = spawned('--aws-rate', 'fast', '--clouds', 'aws,ibm');
    let errors = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(errors).toContain('SIMULATOR_AWS_RATE: must be a whole number');
    expect(errors).toContain('SIMULATOR_CLOUDS: must be aws, azure, gcp');
  });
});
