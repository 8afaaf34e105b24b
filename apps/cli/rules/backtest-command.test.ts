import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { line } from '../../api/backtest/test-data.ts';
import { newRule, startTestApi, type TestApi, tokenFor } from '../../api/test-api.ts';
import { runRules } from './test-rules-command.ts';

let api: TestApi;
let directory: string;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'backtest-'));
  api = await startTestApi();
});
afterEach(async () => {
  await api.close();
  rmSync(directory, { recursive: true });
});

async function backtest(...args: string[]) {
  return runRules({ directory, url: api.base, token: await tokenFor('viewer') }, ['backtest', ...args]);
}

function file(text: string): string {
  const path = join(directory, 'rules.yaml');
  writeFileSync(path, text);
  return path;
}

/** Appends a line at each time. */
async function writeLines(times: readonly number[]): Promise<void> {
  const producer = await api.kafka.producer();
  await producer.send(
    times.map((at, index) => ({
      topic: topics.logs.name,
      partition: 0,
      key: null,
      value: Buffer.from(
        topics.logs.codec.encode(line(index, 0, { timestamp: at * 1000, body: 'it is \u001b[31mbroken' })),
      ),
      headers: { project: 'demo', connection: 'conn_a' },
      timestamp: at + 1000,
    })),
  );
  await producer.close();
}

/** Lines of two hours ago: a burst of five, and ten minutes later one of twelve. */
async function writeBursts(): Promise<void> {
  const start = Date.now() - 7_200_000;
  await writeLines([...Array.from({ length: 5 }, () => start), ...Array.from({ length: 12 }, () => start + 600_000)]);
}

const rule = (name: string, threshold: number) => `
  - name: ${name}
    alert_type: error_rate
    severity: high
    conditions: { threshold: ${threshold}, window_minutes: 1, cooldown_minutes: 1 }
`;

describe('rules backtest', () => {
  it('shows the alerts of a rule of a file, as a table and as JSON', async () => {
    await writeBursts();
    const path = file(`rules:${rule('Errors', 4)}${rule('Many', 10)}`);
    const args = ['--project', 'demo', '--file', path, '--rule', 'Errors'];
    const shown = await backtest(...args);
    expect([shown.code, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toContain('2 alerts, 17 matching lines');
    expect(shown.stdout).toContain('5 of 4');
    expect(shown.stdout).toContain('it is \\u001b[31mbroken');
    expect(shown.stdout).toContain('read 17 records');
    const json = JSON.parse((await backtest(...args, '--since', '3h', '--json')).stdout);
    expect([json.alerts_total, json.compared_with]).toEqual([2, null]);
    expect((await backtest(...args, '--since', '1h')).stdout).toContain('0 alerts, 0 matching lines');
  });

  it('compares with the stored rule of the same name, and takes a stored one by its id', async () => {
    await writeBursts();
    const conditions = { threshold: 10, window_minutes: 1 };
    const stored = newRule({ name: 'Errors', conditions, cooldown_minutes: 1 });
    const { id } = (await api.call('/alert-rules', { method: 'POST', body: stored })).body;
    const path = file(`rules:${rule('Errors', 4)}`);
    const compared = await backtest('--project', 'demo', '--file', path, '--compare');
    expect(compared.stdout).toContain('1 in both, 1 only by this, 0 only by the stored rule');
    expect(compared.stdout).toMatch(/5 of 4 .* only this /);
    expect((await backtest('--project', 'demo', '--id', id)).stdout).toContain('1 alerts, 17 matching lines');
  });

  it('compares and counts all alerts, and says that not all are listed', async () => {
    const start = Date.now() - 36 * 3_600_000;
    // Every two minutes five lines, of every other time one more.
    const bursts = Array.from({ length: 1050 }, (_, index) =>
      Array.from({ length: 5 + (index % 2) }, () => start + index * 120_000),
    );
    await writeLines(bursts.flat());
    const stored = newRule({ name: 'Errors', conditions: { threshold: 6, window_minutes: 1 }, cooldown_minutes: 1 });
    await api.call('/alert-rules', { method: 'POST', body: stored });
    const path = file(`rules:${rule('Errors', 4)}`);
    const { code, stdout } = await backtest('--project', 'demo', '--file', path, '--compare', '--since', '2d');
    expect(code).toBe(0);
    expect(stdout).toContain('1050 alerts, 5775 matching lines');
    expect(stdout).toContain('… and 50 more alerts that are not listed');
    expect(stdout).toContain('525 in both, 525 only by this, 0 only by the stored rule');
  });

  it('says what is missing or wrong', async () => {
    const path = file(`rules:${rule('Errors', 4)}${rule('Many', 10)}`);
    const wrong: [readonly string[], number, string][] = [
      [[], 2, 'give --file'],
      [['--file', path], 2, 'say which with --rule'],
      [['--file', path, '--rule', 'Nope'], 2, 'has no rule Nope'],
      [['--file', path, '--rule', 'Many', '--compare'], 2, 'the project has no rule Many'],
      [['--file', path, '--rule', 'Many', '--since', '400d'], 1, '--since'],
      [['--id', 'rule_unknown'], 2, 'has no rule rule_unknown'],
    ];
    for (const [args, code, reason] of wrong) {
      const done = await backtest('--project', 'demo', ...args);
      expect([args, done.code, done.stderr]).toEqual([args, code, expect.stringContaining(reason)]);
    }
  });
});
