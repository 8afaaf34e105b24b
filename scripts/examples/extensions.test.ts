import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ExtendedInstallation } from './extended-installation.ts';

let installation: ExtendedInstallation;
beforeAll(async () => {
  installation = await ExtendedInstallation.start();
}, 120_000);
afterAll(() => installation?.stop());

const inRepository = (file: string, ...args: string[]) =>
  execFileSync(process.execPath, [file, ...args], { cwd: installation.repository, encoding: 'utf8' });

test('the schemas, the API and the command line know a cloud that is a folder and a line', async () => {
  for (const schema of ['raw-event', 'log-record', 'connection', 'checkpoint', 'replay']) {
    const text = readFileSync(join(installation.repository, 'schemas', `${schema}.avsc`), 'utf8');
    expect(text).toContain('"symbols": ["aws", "azure", "gcp", "beacon"]');
  }
  const { connectors } = await installation.api('GET', 'connectors');
  expect(connectors.map((each: { cloud_provider: string }) => each.cloud_provider)).toEqual([
    'aws',
    'azure',
    'gcp',
    'beacon',
  ]);
  expect(connectors.at(-1)).toMatchObject({
    title: 'Beacon Logs',
    source_fields: ['journal'],
    secret_fields: ['access_code'],
  });
  expect(inRepository('apps/cli/main.ts', 'connections', 'add', '--help')).toContain('"beacon"');
  const file = join(installation.directory, 'lines.txt');
  writeFileSync(file, `{"seq":"1","at":1767225600000,"text":"{\\"level\\":\\"error\\",\\"msg\\":\\"dark\\"}"}\n`);
  expect(inRepository('apps/cli/main.ts', 'normalise', '--file', file)).toMatch(
    /^1: ERROR json: dark\n {4}cloud\.provider = beacon/,
  );
});

test('a fourth cloud that follows the page about it has no error of types', () => {
  const config = {
    extends: './tsconfig.json',
    include: ['libs/connectors/*.ts', 'libs/connectors/beacon/*.ts'],
    exclude: ['**/node_modules', 'scripts/examples/fourth-cloud'],
  };
  writeFileSync(join(installation.repository, 'tsconfig.beacon.json'), JSON.stringify(config));
  const tsc = join(installation.repository, 'node_modules', '.bin', 'tsc');
  execFileSync(tsc, ['-p', 'tsconfig.beacon.json'], { cwd: installation.repository });
});

test('its lines are read by the parser, counted by the rule and sent to the channel that an installation brings', async () => {
  const journal = join(installation.directory, 'beacon.journal');
  const alerts = join(installation.directory, 'alerts.log');
  writeFileSync(journal, '');
  const { id: channel } = await installation.api('POST', 'channels', {
    project_id: 'demo',
    channel_name: 'file',
    channel_type: 'log-file',
    channel_config: { file: alerts },
  });
  await installation.api('POST', 'alert-rules', {
    project_id: 'demo',
    name: 'slow checkout',
    alert_type: 'slow_requests',
    severity: 'medium',
    conditions: { slower_than_ms: 500, requests: 2, window_minutes: 5, path: '/checkout' },
    group_by: 'region',
    notification_channels: [channel],
  });
  const { id } = await installation.api('POST', 'connections', {
    project_id: 'demo',
    connection_name: 'lighthouse',
    cloud_provider: 'beacon',
    connection_config: { journal, access_code: 'hunter2', poll_interval_ms: 50 },
  });
  await installation.api('POST', `connections/${id}/test`);
  await installation.api('POST', `connections/${id}/start`);
  const { lines } = await installation.api('POST', `connections/${id}/parsing/preview`, {
    parsing_rules: [],
    lines: ['#1 GET /checkout 612ms eu'],
  });
  expect(lines).toMatchObject([
    { parser: 'request-lines', message: 'GET /checkout', attributes: { duration_ms: '612', region: 'eu' } },
  ]);
  let seq = 0;
  // A rule counts lines that come once it is known, so that some more are written until it has.
  const sent = () => {
    for (const path of ['/checkout', '/search']) {
      seq += 1;
      appendFileSync(
        journal,
        `${JSON.stringify({ seq: String(seq), at: Date.now(), text: `#${seq} GET ${path} 700ms eu` })}\n`,
      );
    }
    return existsSync(alerts) ? readFileSync(alerts, 'utf8') : '';
  };
  await expect
    .poll(sent, { timeout: 50_000, interval: 200 })
    .toMatch(/^ntf_[0-9a-f]{32} \[FIRING\] medium: slow checkout \(region: eu\)\n/);
  const listed = () => installation.api('GET', 'connections/demo');
  await expect
    .poll(listed)
    .toMatchObject({ connections: [{ cloud_provider: 'beacon', status: { state: 'running' } }] });
  const { connections } = await listed();
  expect(JSON.stringify(connections)).not.toContain('hunter2');
});
