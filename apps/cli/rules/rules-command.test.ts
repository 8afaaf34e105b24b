import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testRule } from '@tailrace/alert-rules/test-rules.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestApi, type TestApi, tokenFor } from '../../api/test-api.ts';
import { type Done, runRules } from './test-rules-command.ts';

let api: TestApi;
let directory: string;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'rules-'));
  api = await startTestApi();
});
afterEach(async () => {
  await api.close();
  rmSync(directory, { recursive: true });
});

async function rules(...args: string[]): Promise<Done> {
  return runRules({ directory, url: api.base, token: await tokenFor('editor') }, args);
}

function file(text: string): string {
  const path = join(directory, 'rules.yaml');
  writeFileSync(path, text);
  return path;
}

const errors = `
  - name: Errors
    alert_type: error_rate
    severity: high
    conditions: { threshold: 10, window_minutes: 5 }
`;
const timeouts = `
  - name: Time-outs
    alert_type: pattern_match
    severity: medium
    conditions:
      pattern: timed? ?out
    filter: { attributes: { b: '2', a: '1' }, level: warn }
    group_by: service.name
`;
const inDemo = ['--project', 'demo'];

describe('rules apply', () => {
  it('prints what changes, does it, and has nothing to do the second time', async () => {
    const path = file(`rules:${errors}${timeouts}`);
    const first = await rules('apply', path, ...inDemo, '--yes');
    expect(first).toEqual({
      code: 0,
      stdout: `+ Errors (error_rate, high)\n+ Time-outs (pattern_match, medium)\n2 to add, 0 to change, 0 to remove, 0 unchanged\n`,
      stderr: '',
    });
    expect(await rules('apply', path, ...inDemo)).toEqual({
      code: 0,
      stdout: '0 to add, 0 to change, 0 to remove, 2 unchanged\n',
      stderr: '',
    });
    const { body } = await api.call('/alert-rules/demo');
    expect(body.rules.map(({ name, version }: { name: string; version: number }) => [name, version])).toEqual([
      ['Errors', 1],
      ['Time-outs', 1],
    ]);
  });

  it('prints each field that changes with what it was, and removes rules only on request', async () => {
    await rules('apply', file(`rules:${errors}${timeouts}`), ...inDemo, '--yes');
    const path = file(`rules:${errors.replace('threshold: 10', 'threshold: 12').replace('high', 'low')}`);
    const kept = await rules('apply', path, ...inDemo, '--dry-run');
    expect(kept.stdout).toContain('severity: "high" → "low"');
    expect(kept.stdout).toContain('conditions.threshold: 10 → 12');
    expect(kept.stdout).toContain('0 to add, 1 to change, 0 to remove, 0 unchanged');
    expect((await api.call('/alert-rules/demo')).body.rules[0].version).toBe(1);
    expect((await rules('apply', path, ...inDemo, '--prune', '--yes')).stdout).toContain('- Time-outs\n');
    const { body } = await api.call('/alert-rules/demo');
    expect(body.rules).toMatchObject([{ name: 'Errors', severity: 'low', version: 2, conditions: { threshold: 12 } }]);
  });

  it('names the rule that the server refuses, and keeps what was applied before it', async () => {
    const unknown = `rules:${errors}${timeouts.replace('alert_type: pattern_match', 'alert_type: moon_phase')}`;
    const refused = await rules('apply', file(unknown), ...inDemo, '--yes', '--own-kind', 'moon_phase');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^rule Time-outs: .*\(422\)\nalert_type: must be one of error_rate/);
    expect(refused.stderr).toContain('What stands above it in the list is done');
    const { body } = await api.call('/alert-rules/demo');
    expect(body.rules.map(({ name }: { name: string }) => name)).toEqual(['Errors']);
  });

  it('changes nothing where there is nobody to ask', async () => {
    const asked = await rules('apply', file(`rules:${errors}`), ...inDemo);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect((await api.call('/alert-rules/demo')).body.rules).toEqual([]);
  });
});

describe('rules list', () => {
  it('shows which rule is not evaluated, and why', async () => {
    const pattern = Array.from({ length: 125 }, (_, index) => `word${100 + index}`).join('|');
    const conditions = JSON.stringify({ pattern, case_sensitive: true });
    const producer = await api.kafka.producer();
    for (let index = 0; index < 50; index += 1) {
      const id = `rule_${index}`;
      const about = { id, project_id: 'demo', name: `Rule ${index}`, created_at: index };
      const value = testRule({ ...about, alert_type: 'pattern_match', conditions });
      const partition = partitionFor(id, topics.alertRules.partitions);
      const record = { topic: topics.alertRules.name, partition, key: Buffer.from(id) };
      await producer.send([{ ...record, value: topics.alertRules.codec.encode(value) }]);
    }
    await vi.waitFor(() => expect(api.rules.table.size).toBe(50));
    const { stdout, stderr } = await rules('list', ...inDemo);
    const states = stdout.split('\n').flatMap((line) => line.match(/^(rule_\d+) .* (on|not evaluated) .*$/)?.[2] ?? []);
    expect(Object.groupBy(states, (state) => state)).toEqual({
      on: expect.objectContaining({ length: 49 }),
      'not evaluated': expect.objectContaining({ length: 1 }),
    });
    expect(stderr).toMatch(/^Rule 49 is not evaluated\. .*50000 parts.*turn off or delete a rule\.\n$/);
  });
});

describe('rules check', () => {
  it('names the file, the line, the rule and the field of each thing that is wrong', async () => {
    const path = file(`rules:${errors}    colour: red\n${timeouts.replace('timed? ?out', '"(a"')}`);
    const checked = await rules('check', path);
    expect([checked.code, checked.stdout]).toEqual([2, '']);
    expect(checked.stderr).toBe(
      [
        `${path}:6: rule Errors: colour is not a field of an alert rule`,
        `${path}:12: rule Time-outs: conditions.pattern cannot be read at character 1: (a opens a group that is not closed: add ), or write \\( for the character`,
        '',
      ].join('\n'),
    );
  });

  it('says that nothing is wrong', async () => {
    expect((await rules('check', file(`rules:${errors}${timeouts}`))).stdout).toBe('2 rules, nothing wrong\n');
  });
});
