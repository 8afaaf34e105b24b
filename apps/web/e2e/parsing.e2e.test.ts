import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axeCore from 'axe-core';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PageUnderTest } from './page-under-test.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const soon = { timeout: 60_000, interval: 200 };
let stack: PageUnderTest;
beforeAll(async () => {
  stack = await PageUnderTest.start({}, 'shared');
  await (await stack.installation.add('replayer')).ready();
});
afterAll(() => stack?.stop());

/** `PARSING_SCREENSHOTS=<folder>` keeps how the page looks. */
async function shot(page: Page, name: string): Promise<void> {
  const { PARSING_SCREENSHOTS: folder } = process.env;
  if (folder !== undefined) await page.screenshot({ path: `${folder}/parsing-${name}.png` });
}

/** What axe finds serious. */
async function seriousViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { axe } = window as Window & typeof globalThis & { readonly axe: typeof axeCore };
    const { violations } = await axe.run(document, { rules: { 'target-size': { enabled: true } } });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)} ${nodes[0]?.failureSummary}`);
  });
}

/** A format that nobody knows. */
const lineOf = (number: number) => `30.11.2026 11~20~${10 + number} <K> till ${number} :: 4711.${number} EUR refused`;

/** What is stored of the lines of that format: severity, message and till, in the order of the tills. */
async function stored(): Promise<string[]> {
  const client = new pg.Client({ connectionString: stack.installation.postgres.databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ found: string }>(
    `select severity_number || ' ' || parser || ' ' || body || ' ' || coalesce(attributes->>'till', '-') as found
     from logs where body like '%EUR%' and connection_id = $1 order by (regexp_match(body, '4711\\.(\\d+)'))[1]::int`,
    [stack.installation.connections.get('aws')],
  );
  await client.end();
  return rows.map(({ found }) => found);
}

test('a rule for a format that nobody knows is written beside its lines, reads live ones, and mends the past', async () => {
  stack.emit([1, 2, 3].map(lineOf));
  await expect.poll(async () => (await stored()).length, soon).toBe(3);
  expect(await stored()).toEqual([1, 2, 3].map((each) => `0 plain ${lineOf(each)} -`));

  const page = await stack.open('connections');
  await page.getByRole('link', { name: 'aws', exact: true }).click();
  await page.getByRole('button', { name: 'Parsing rules' }).click();
  const lines = page.locator('.parsing-line', { hasText: 'EUR' });
  await expect.poll(() => lines.count(), soon).toBe(3);

  // What is wrong stands at the pattern while it is written.
  const pattern = page.getByLabel('Pattern', { exact: true });
  await pattern.fill('^(?P<at>\\S+ \\S+) <(?P<sev>\\w)> till (?P<till>\\d+) :: (?P<message>.*');
  await page.locator('.field-problem', { hasText: 'opens a group that is not closed' }).waitFor();
  await pattern.fill('^(?P<at>\\S+ \\S+) <(?P<sev>\\w)> tell (?P<till>\\d+) :: (?P<message>.*)');
  await lines.first().getByText('nothing behind that fits').waitFor();
  await pattern.fill('^(?P<at>\\S+ \\S+) <(?P<sev>\\w)> till (?P<till>\\d+) :: (?P<message>.*)');
  await lines.first().locator('.tag', { hasText: 'rule-1' }).waitFor();
  await page.getByText('Time, level, names, and which lines').click();
  await page.getByLabel('Name of rule 1').fill('tills');
  await page.getByLabel('Form of the time').fill('dd.MM.yyyy HH~mm~ss');
  await page.getByLabel('Its zone').fill('Europe/Vienna');
  await page.getByLabel('Group of the time').fill('at');
  await page.getByLabel('Group of the level').fill('sev');
  await page.getByLabel('What the level’s texts mean').fill('K=error');
  await expect.poll(() => lines.first().textContent(), soon).toMatch(/tills.*error.*2026-11-30T11:20:1\d\+01:00/);
  await page.getByText('takes 3 lines').waitFor();
  await shot(page, 'desktop');

  expect(await seriousViolations(page)).toEqual([]);

  // What is not saved is not lost by a key.
  await page.keyboard.press('Escape');
  await page.getByText('What you have written is not saved.').waitFor();
  await page.getByRole('button', { name: 'Keep editing' }).click();
  await page.getByRole('button', { name: 'Save the rules' }).click();
  await page.getByText('Saved: version 1.').waitFor();

  stack.emit([4, 5].map(lineOf));
  const told = (each: number) => `17 rule:tills 4711.${each} EUR refused ${each}`;
  await expect.poll(async () => (await stored()).slice(3), soon).toEqual([4, 5].map(told));

  await page.getByRole('button', { name: 'Mend the past' }).click();
  await page.getByRole('heading', { name: /^all that is kept – / }).waitFor();
  await page.getByRole('button', { name: 'Apply this…' }).click();
  await page.getByText('read today', { exact: true }).first().waitFor();
  await page.getByRole('button', { name: 'Apply it' }).click();
  await page.getByText('applies', { exact: true }).first().waitFor();
  await expect.poll(stored, soon).toEqual([1, 2, 3, 4, 5].map(told));
  expect(stack.errors).toEqual([]);
  await page.context().close();
});

test('the rules are written on a phone too, beside lines that are pasted', async () => {
  const page = await stack.open('connections', { width: 390, height: 800 });
  await page.getByRole('link', { name: 'gcp', exact: true }).click();
  await page.getByRole('button', { name: 'Parsing rules' }).click();
  await page.getByLabel('Pattern', { exact: true }).fill('^(?P<level>\\w+);(?P<message>.*)');
  await page.getByText('Try them on lines of your own').click();
  await page.getByLabel('Lines of your own, one below the other').fill('warn;slow\nwhat else');
  const lines = page.locator('.parsing-line');
  await expect
    .poll(() => lines.allTextContents(), soon)
    .toEqual([expect.stringMatching(/rule-1.*warn.*slow/), expect.stringContaining('no parser')]);
  await shot(page, 'phone');
  const overflow = await page.evaluate(() => {
    const body = document.querySelector('.dialog-body');
    return body === null ? 0 : body.scrollWidth - body.clientWidth;
  });
  expect(overflow).toBeLessThanOrEqual(0);
  expect(await seriousViolations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Remove rule-1' }).click();
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Discard it' }).click();
  await page.context().close();
});
