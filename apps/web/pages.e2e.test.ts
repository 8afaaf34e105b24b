import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { startReceiver } from '@tailrace/channels/test-receiver.ts';
import type axeCore from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { project } from '../../scripts/chaos/installation.ts';
import { PageUnderTest } from './e2e/page-under-test.ts';

const soon = { timeout: 60_000 };
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let stack: PageUnderTest;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeAll(async () => {
  receiver = await startReceiver();
  stack = await PageUnderTest.start({ NOTIFICATION_ENDPOINT_ALLOWLIST: receiver.host }, 'shared');
});
afterAll(async () => {
  await stack?.stop();
  await receiver?.close();
});

describe('signing in', () => {
  test('the printed address signs in, and leaves no token in the address', async () => {
    const page = await stack.open('live');
    expect(page.url()).toBe(`${stack.entrance.url}/projects/${project}/live`);
    expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2);
    await page.reload();
    await page.locator('.shell').waitFor();
    expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0);
    expect(await page.evaluate(() => document.cookie)).toBe('');
    await page.getByRole('button', { name: /Signed in as/ }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Tailrace' }).waitFor();
    expect(await page.context().cookies()).toEqual([]);
    await page.context().close();
  });

  test('a pasted token signs in; what is none is reported; one that the server refuses comes back here', async () => {
    const context = await stack.browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(stack.entrance.url);
    await page.getByLabel('Access token').fill('hello');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'not a token' }).waitFor();
    const token = await stack.installation.token();
    await page.getByLabel('Access token').fill(`${token.slice(0, -6)}AAAAAA`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The token is not valid.').waitFor();
    await page.getByLabel('Access token').fill(`Bearer ${token}\n`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.shell').waitFor();
    expect(new URL(page.url()).pathname).toBe(`/projects/${project}/live`);
    await context.close();
  });
});

describe('connections', () => {
  test('shows how each does, tests it, pauses and starts it', async () => {
    const page = await stack.open('connections');
    const row = page.locator('.connection', { has: page.getByRole('link', { name: 'aws', exact: true }) });
    await row.getByText(/running|quiet/).waitFor();
    await row.getByRole('button', { name: 'Test' }).click();
    await row.getByText('Connection test successful').waitFor();
    await row.getByRole('button', { name: 'Pause' }).click();
    await row.getByText('paused').waitFor();
    await row.getByRole('button', { name: 'Start' }).click();
    await row.getByText(/running|quiet|starting/).waitFor();
    await page.context().close();
  });

  test('adds one by a form: names wrong fields, says what the cloud refuses, starts it once it is mended', async () => {
    const { aws } = stack.installation.simulator;
    const page = await stack.open('connections');
    await page.getByRole('link', { name: 'Add a connection' }).click();
    await page.getByLabel(/^Name/).fill('payments');
    await page.getByLabel(/^Region/).fill('Ireland');
    await page.getByLabel(/^Log group/).fill('/ecs/payments');
    await page.getByLabel(/^Access key ID/).fill(aws.keys.active.accessKeyId);
    await page.getByLabel(/^Secret access key/).fill('not-the-secret');
    await page.getByText('Settings with a default').click();
    await page.getByLabel(/^Endpoint/).fill(aws.endpoint);
    await page.getByRole('button', { name: 'Test and start' }).click();
    await page.getByText('must be a region such as').first().waitFor();
    await page.getByLabel(/^Region/).fill(aws.region);
    await page.getByRole('button', { name: 'Test and start' }).click();
    await page.getByText('It is saved and stays stopped').waitFor();
    await page.getByLabel(/^Secret access key/).fill(aws.keys.active.secretAccessKey);
    await page.getByRole('button', { name: 'Test and start' }).click();
    await page.getByRole('heading', { name: 'payments' }).waitFor();
    await page.getByText('sealed, never shown').waitFor();
    await page
      .locator('dialog')
      .getByText(/running|quiet|starting/)
      .first()
      .waitFor();
    expect(await page.content()).not.toContain(aws.keys.active.secretAccessKey);

    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel(/^Name/).fill('payments, renamed');
    await page.getByRole('button', { name: 'Save and test' }).click();
    await page.getByRole('heading', { name: 'payments, renamed' }).waitFor();
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete it' }).click();
    await expect.poll(() => page.locator('.connection').count(), soon).toBe(3);
    await page.context().close();
  });

  test('shows how late events came, as a histogram that can be heard too', async () => {
    stack.emit(['lateness one', 'lateness two']);
    const page = await stack.open('connections');
    await page.getByRole('link', { name: 'aws', exact: true }).click();
    const bars = page.getByRole('list', { name: 'Events lately, by lateness' }).getByRole('listitem');
    await bars
      .filter({ hasText: /events, \d+ %/ })
      .first()
      .waitFor();
    await page.getByText('Half of all within').waitFor();
    await page.context().close();
  });

  test('shows how well the lines of a connection are understood, and leads to those that no parser knew', async () => {
    stack.emit(['2024-01-31 10:20:30 ERROR [main] com.shop.Order - failed', 'nobody knows what this says']);
    const page = await stack.open('connections');
    await page.getByRole('link', { name: 'aws', exact: true }).click();
    await page.getByText(/Level on \d+ %, time on \d+ %, \d+ % plain/).waitFor();
    const parsers = page.getByRole('list', { name: 'Lines by parser' });
    await parsers.getByRole('link', { name: 'plain', exact: true }).waitFor();
    await page.getByRole('link', { name: 'Lines that no parser knew' }).click();
    await page.getByText('nobody knows what this says').first().waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('connection:aws parser:plain');
    expect(await page.getByText('com.shop.Order').count()).toBe(0);
    await page.context().close();
  });

  test('a viewer looks, and is offered no change', async () => {
    const page = await stack.open('connections', { role: 'viewer' });
    await page.getByText('Your token is read-only.').waitFor();
    await page.getByRole('link', { name: 'azure', exact: true }).click();
    await page.getByRole('heading', { name: 'Configuration' }).waitFor();
    for (const name of ['Add a connection', 'Start', 'Pause', 'Stop', 'Test', 'Edit', 'Delete…']) {
      expect(await page.getByRole('button', { name, exact: true }).count(), name).toBe(0);
      expect(await page.getByRole('link', { name, exact: true }).count(), name).toBe(0);
    }
    await page.context().close();
  });
});

describe('alerts', () => {
  beforeAll(async () => {
    for (const role of ['alerting', 'notifier'] as const) await (await stack.installation.add(role)).ready();
  });

  test('a rule is made by a form; its alert comes, names its lines, leads to the log, and is read', async () => {
    const page = await stack.open('alerts/rules');
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await page.getByLabel(/^Name/).fill('Ledger trouble');
    await page.getByLabel('When').selectOption('pattern_match');
    await page.getByLabel('Severity').selectOption('critical');
    await page.getByLabel('Expression').fill('ledger (is');
    await page.getByRole('button', { name: 'Add the rule' }).click();
    await page
      .getByText(/opens a group that is not closed/)
      .first()
      .waitFor();
    await page.getByLabel('Expression').fill('ledger (is|was) broken');
    await page.getByLabel('Only these lines').fill('connection:aws');
    await page.getByRole('button', { name: 'Add the rule' }).click();
    await page.getByText('a line like /ledger (is|was) broken/, of connection:aws').waitFor();

    await page.getByRole('navigation', { name: 'Alerts' }).getByRole('link', { name: 'Alerts' }).click();
    // The rule takes effect within seconds, for lines that come from then on.
    const alert = page.locator('.alert', { hasText: 'Ledger trouble' });
    await expect
      .poll(
        async () => {
          stack.emit(['the ledger <b>is broken</b>, the ledger is broken']);
          return alert.count();
        },
        { timeout: 120_000, interval: 1000 },
      )
      .toBeGreaterThan(0);
    await alert.first().getByRole('link').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('the ledger <b>is broken</b>').first().waitFor();
    await dialog.getByRole('button', { name: 'Mark as read' }).click();
    await dialog.getByText('Read by chaos').waitFor();
    await dialog.getByRole('link', { name: 'Show the log of that time' }).click();
    await page.getByRole('button', { name: 'Back to live' }).waitFor();
    await page.locator('.log-row', { hasText: 'ledger' }).first().waitFor();

    await page.goto(`${stack.entrance.url}/projects/${project}/alerts/rules`);
    const rule = page.getByRole('link', { name: 'Ledger trouble' });
    await rule.click();
    // Somebody else is quicker: the page says so, and shows what is true when it is opened again.
    const id = new URL(page.url()).pathname.split('/').at(-1);
    await stack.installation.api('PUT', `alert-rules/${id}`, {
      name: 'Ledger trouble, again',
      alert_type: 'pattern_match',
      severity: 'critical',
      conditions: { pattern: 'ledger (is|was) broken', case_sensitive: false },
    });
    await page.getByLabel(/^Name/).fill('Mine');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('has version 2 now').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Discard it' }).click();
    await page.getByText('Ledger trouble, again').waitFor();
    expect(await rule.evaluate((link) => link === document.activeElement)).toBe(true);
    await rule.click();
    await page.getByLabel(/^Name/).fill('Ledger trouble, mine');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Ledger trouble, mine').waitFor();

    await rule.click();
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete it, and resolve its alerts' }).click();
    await page.getByText('No rule yet.').waitFor();
    await page.context().close();
  });

  test('a rule that is not evaluated says so, and why, where it stands', async () => {
    await stack.installation.api('POST', 'alert-rules', {
      project_id: project,
      name: 'Too much for one project',
      alert_type: 'pattern_match',
      severity: 'low',
      conditions: { pattern: 'too much', case_sensitive: false },
    });
    const page = await stack.open('alerts');
    // Only rules of before there was a limit can exceed it, so the reason is put into the API's own answer.
    await page.route(`**/api/v1/live-logs/alert-rules/${project}`, async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as { rules: { not_evaluated: string | null }[] };
      const rules = body.rules.map((rule) => ({
        ...rule,
        not_evaluated: 'Its expressions exceed the project’s share.',
      }));
      await route.fulfill({ response, json: { ...body, rules } });
    });
    await page.getByRole('navigation', { name: 'Alerts' }).getByRole('link', { name: 'Rules' }).click();
    const rule = page.locator('.alert', { hasText: 'Too much for one project' });
    await rule.getByText('Not evaluated. Its expressions exceed the project’s share.').waitFor();
    await page.context().close();
  });

  test('a channel is made by a form and tried; what a rule sends through it stands in the delivery log, and can be sent again', async () => {
    const page = await stack.open('alerts/channels');
    await page.getByRole('button', { name: 'Add a channel' }).click();
    await page.getByRole('radio', { name: 'webhook' }).check();
    await page.getByLabel(/^Name/).fill('on call');
    await page.getByLabel(/^URL/).fill('http://127.0.0.1:1/');
    await page.getByRole('button', { name: 'Save' }).click();
    await page
      .getByRole('dialog')
      .getByText(/127\.0\.0\.1/)
      .first()
      .waitFor();
    await page.getByLabel(/^URL/).fill(receiver.url);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Send a test' }).click();
    await expect.poll(() => receiver.received.length, soon).toBe(1);
    await page.locator('.channel .banner-good').waitFor();

    await page.goto(`${stack.entrance.url}/projects/${project}/alerts/rules`);
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await page.getByLabel(/^Name/).fill('Page somebody');
    await page.getByLabel('When').selectOption('pattern_match');
    await page.getByLabel('Expression').fill('wake up');
    await page.getByLabel('on call').check();
    // Before anything is saved, the page shows what it would have fired: of what is there when it asks.
    stack.emit(['wake up, said yesterday’s line']);
    await stack.installation.storedAll();
    await page
      .getByRole('region', { name: 'Preview' })
      .getByText(/lines that count/)
      .waitFor();
    await page.getByLabel('Expression').fill('wake up,');
    await page.getByRole('img', { name: /1 lines and 1 alerts/ }).waitFor();
    expect(await page.locator('.backtest-timeline .fired').count()).toBe(1);
    await page.getByLabel('Expression').fill('wake up');
    await page.getByRole('button', { name: 'Add the rule' }).click();
    await page.getByText('a line like /wake up/').waitFor();
    await page.getByRole('navigation', { name: 'Alerts' }).getByRole('link', { name: 'Alerts' }).click();
    const alert = page.locator('.alert', { hasText: 'Page somebody' });
    await expect
      .poll(
        async () => {
          stack.emit(['wake up']);
          return alert.count();
        },
        { timeout: 120_000, interval: 1000 },
      )
      .toBeGreaterThan(0);
    await alert.first().getByRole('link').click();
    const delivery = page.locator('.delivery', { hasText: 'on call' }).first();
    await delivery.getByText('sent', { exact: true }).waitFor();
    const before = receiver.received.length;
    expect(before).toBeGreaterThan(1);
    await delivery.getByRole('button', { name: 'Send again' }).click();
    await expect.poll(() => receiver.received.length, soon).toBeGreaterThan(before);
    await page.context().close();
  });

  test('a viewer reads alerts and rules, and is offered no change', async () => {
    const page = await stack.open('alerts', { role: 'viewer' });
    await page.locator('.alert').first().waitFor();
    await page.getByRole('link', { name: 'Rules' }).click();
    await page.getByRole('link', { name: 'Page somebody' }).waitFor();
    expect(await page.getByRole('button', { name: 'Add a rule' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Channels' }).click();
    await page.getByText('on call').waitFor();
    expect(await page.getByRole('button', { name: /Add a channel|Send a test|Edit|Delete/ }).count()).toBe(0);
    await page.context().close();
  });
});

test('a replay is asked for, compares what is stored with what is read today, and reports the differences', async () => {
  await (await stack.installation.add('replayer')).ready();
  stack.emit(['to be replayed']);
  const page = await stack.open('live?q="to be replayed"');
  await page.locator('.log-row').first().waitFor();
  // A line that is not stored yet would be one to apply.
  await stack.installation.storedAll();
  await page.getByRole('link', { name: 'Replays' }).click();
  await page.getByRole('button', { name: 'Replay a part of the past' }).click();
  await page.getByLabel(/^From/).fill('yesterday');
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel(/^From/).fill('-1h');
  await page.getByLabel('aws', { exact: true }).check();
  await page.getByRole('button', { name: 'Compare' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('completed').waitFor({ timeout: 60_000 });
  await dialog.getByText(/records differ from their rows/).waitFor();
  await dialog.getByText('The same').waitFor();
  await dialog.getByText(/There is nothing to apply/).waitFor();
  expect(await seriousProblems(page)).toEqual([]);
  await page.context().close();
});

test('a comparison shows like differences once, and begins the replay that applies it after a question', async () => {
  const { id } = await beginReplay('shadow');
  const page = await stack.open(`replays/${id}`);
  const dialog = page.getByRole('dialog');
  await dialog.getByText('completed').waitFor();
  // What a change of a parser makes of it: the replay is a real one, its differences are not.
  await changeReplay(page, id, (replay) => ({
    ...replay,
    differences: { ...replay.differences, changed: 20, applicable: 20, examples: likeDifferences },
  }));
  await dialog.getByText('20 of 20 examples: severity changed, parser changed').waitFor();
  expect(await dialog.getByRole('table').count()).toBe(1);
  expect(await seriousProblems(page)).toEqual([]);
  const begun: unknown[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/replays')) begun.push(request.postDataJSON());
  });
  await dialog.getByRole('button', { name: 'Apply this…' }).dblclick();
  await dialog.getByText(/write 20 lines/).waitFor();
  await dialog.getByRole('button', { name: 'Leave it as it is' }).click();
  expect(begun).toEqual([]);
  await dialog.getByRole('button', { name: 'Apply this…' }).click();
  await dialog.getByRole('button', { name: 'Apply it' }).click();
  await dialog.getByText('applies', { exact: true }).waitFor();
  await dialog.getByText('completed').waitFor();
  const replay = await replayOf(id);
  expect(begun).toEqual([
    {
      project_id: project,
      from: replay.from,
      to: replay.to,
      mode: 'apply',
    },
  ]);
  await page.context().close();

  const viewer = await stack.open(`replays/${id}`, { role: 'viewer' });
  await changeReplay(viewer, id, (each) => ({ ...each, differences: { ...each.differences, applicable: 20 } }));
  await viewer.getByRole('dialog').getByText('completed').waitFor();
  expect(await viewer.getByRole('button', { name: /Apply this/ }).count()).toBe(0);
  await viewer.context().close();
});

test('a double click on Cancel the replay… cancels nothing; the answer to its question does', async () => {
  // At one a second it runs until it is cancelled.
  stack.emit(Array.from({ length: 120 }, (_, index) => `replayed slowly, ${index}`));
  await stack.installation.storedAll();
  const { id } = await beginReplay('shadow', 1);
  const page = await stack.open(`replays/${id}`);
  const cancelled: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/cancel')) cancelled.push(request.url());
  });
  await page.getByRole('button', { name: 'Cancel the replay…' }).dblclick();
  const keep = page.getByRole('button', { name: 'Let it go on' });
  await keep.waitFor();
  expect(await keep.evaluate((button) => button === document.activeElement)).toBe(true);
  await keep.click();
  expect(cancelled).toEqual([]);
  await page.getByRole('button', { name: 'Cancel the replay…' }).click();
  await page.getByRole('button', { name: 'Cancel it' }).click();
  await page.getByRole('dialog').getByText('cancelled', { exact: true }).waitFor();
  expect(cancelled).toHaveLength(1);
  await page.context().close();
});

test('a source is read again from an earlier time', async () => {
  const page = await stack.open('connections');
  await page.getByRole('link', { name: 'aws', exact: true }).click();
  await page.getByLabel('Rewind to').fill('-10m');
  await page.getByRole('button', { name: 'Read again from there' }).click();
  await page.getByText('Accepted: it is read again').waitFor();
  await page.getByText(/Rewind to .* finished/).waitFor({ timeout: 120_000 });
  await page.context().close();
});

describe.each(['light', 'dark'] as const)('in the %s theme axe finds nothing serious', (theme) => {
  test.each<[string, string, (page: Page) => Promise<unknown>]>([
    ['the live page', 'live', (page) => page.locator('.log-row').first().waitFor()],
    [
      'an open line',
      'live',
      async (page) => {
        await stack.openNewestLine(page);
        await page.getByRole('tab', { name: 'Fields' }).waitFor();
      },
    ],
    [
      'a raw event',
      'live',
      async (page) => {
        await stack.openNewestLine(page);
        await page.getByRole('tab', { name: 'Raw' }).click();
        await page.locator('.line-json').waitFor();
      },
    ],
    ['keys and filters', 'live', (page) => page.getByRole('button', { name: 'Keys and filters' }).click()],
    ['the choice of time', 'live', (page) => page.locator('.time-button').click()],
    ['connections', 'connections', (page) => page.locator('.connection').first().waitFor()],
    ['alerts', 'alerts', (page) => page.locator('.alert').first().waitFor()],
    ['an alert', 'alerts', (page) => page.locator('.alert').first().getByRole('link').click()],
    [
      'a new rule',
      'alerts/rules',
      async (page) => {
        await page.getByRole('button', { name: 'Add a rule' }).click();
        await page.getByLabel('When').waitFor();
      },
    ],
    ['channels', 'alerts/channels', (page) => page.locator('.channel').first().waitFor()],
    ['replays', 'replays', (page) => page.locator('.replay').first().waitFor()],
    ['a connection', 'connections', (page) => page.locator('.connection-name').first().click()],
    [
      'a new connection',
      'connections',
      async (page) => {
        await page.getByRole('link', { name: 'Add a connection' }).click();
        await page.getByLabel(/^Region/).waitFor();
      },
    ],
    [
      'signing in',
      'live',
      async (page) => {
        await page.getByRole('button', { name: /Signed in as/ }).click();
        await page.getByRole('button', { name: 'Sign out' }).click();
      },
    ],
  ])('on %s', async (_name, path, prepare) => {
    stack.emit([JSON.stringify({ level: 'error', msg: 'for axe', service: 'a11y' }), 'for axe, plain']);
    const page = await stack.open(path, { theme });
    await prepare(page);
    expect(await seriousProblems(page)).toEqual([]);
    await page.context().close();
  });
});

test('no page is wider than a phone', async () => {
  for (const path of ['live', 'connections', 'alerts', 'replays']) {
    const page = await stack.open(path, { width: 390, height: 844 });
    await page.locator('.log-row, .connection, .alert, .replay').first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBe(390);
    await page.context().close();
  }
});

test('no page threw anything, nor broke the content security policy', () => {
  expect(stack.errors).toEqual([]);
});

const likeDifferences = Array.from({ length: 20 }, (_, index) => ({
  record_id: `record_${index}`,
  timestamp: '2026-01-31T08:00:00.000000Z',
  connection_id: 'conn_of_them',
  kinds: ['severity_changed', 'parser_changed'],
  old: { severity_text: 'INFO', parser: 'plain' },
  new: { severity_text: 'ERROR', parser: 'json' },
}));

interface ReplayAnswer {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly connection_ids: readonly string[];
  readonly differences: object;
}

async function beginReplay(mode: 'shadow' | 'apply', recordsPerSecond?: number): Promise<ReplayAnswer> {
  const body = { project_id: project, from: '-1h', mode, records_per_second: recordsPerSecond };
  return (await stack.installation.api('POST', 'replays', body)) as ReplayAnswer;
}

async function replayOf(id: string): Promise<ReplayAnswer> {
  return (await stack.installation.api('GET', `replays/${id}`)) as ReplayAnswer;
}

/** Lets the page see something else of one replay; all others are as they are. */
async function changeReplay(page: Page, id: string, change: (replay: ReplayAnswer) => object): Promise<void> {
  await page.route(`**/replays/${project}`, async (route) => {
    const response = await route.fetch();
    const { replays } = (await response.json()) as { readonly replays: readonly ReplayAnswer[] };
    const json = { replays: replays.map((each) => (each.id === id ? change(each) : each)) };
    await route.fulfill({ response, json });
  });
}

/** Run by the debugger's evaluation, which the content security policy does not stand in the way of. */
async function seriousProblems(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { axe } = window as Window & typeof globalThis & { readonly axe: typeof axeCore };
    const { violations } = await axe.run(document, {
      resultTypes: ['violations'],
      // Off by default: it is of WCAG 2.2.
      rules: { 'target-size': { enabled: true } },
    });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map((each) =>
        [each.id, ...each.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`)].join(
          '\n',
        ),
      );
  });
}
