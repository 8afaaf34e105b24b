import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { Installation, project } from '../../../scripts/chaos/installation.ts';
import { buildWeb } from '../../../scripts/web-build.mjs';
import { openBrowser } from './browser.ts';
import { type Entrance, openEntrance } from './entrance.ts';

const root = join(import.meta.dirname, '..', '..', '..');

interface OpenOptions {
  readonly role?: 'viewer' | 'editor' | 'admin';
  readonly theme?: 'light' | 'dark';
  readonly height?: number;
  readonly width?: number;
}

/** The built page, served by a whole Tailrace of real processes, in a real browser. */
export class PageUnderTest {
  readonly installation: Installation;
  readonly entrance: Entrance;
  readonly browser: Browser;
  /** What the page's console said of errors, and what it threw. */
  readonly errors: string[] = [];

  private constructor(installation: Installation, entrance: Entrance, browser: Browser) {
    this.installation = installation;
    this.entrance = entrance;
    this.browser = browser;
  }

  /**
   * @param settings of the roles, besides what they need
   * @param servers `shared`: Kafka and PostgreSQL of the whole test run; for tests that stop neither
   */
  static async start(
    settings: Readonly<Record<string, string>> = {},
    servers: 'own' | 'shared' = 'own',
  ): Promise<PageUnderTest> {
    const built = await buildWeb(root, async (file: string, args: string[], cwd: string) => {
      return spawnSync(file, args, { cwd, stdio: 'inherit' }).status ?? 1;
    });
    if (!built) throw new Error('the page could not be built');
    const [installation, browser] = await Promise.all([Installation.start(settings, servers), openBrowser()]);
    const urlOf = (role: 'api' | 'fanout') => () => installation.of(role)[0]?.url ?? '';
    return new PageUnderTest(installation, await openEntrance(urlOf('api'), urlOf('fanout')), browser);
  }

  /** Opens an address of the project, signed in as the printed address would. */
  async open(
    path: string,
    { role = 'admin', theme = 'light', width = 1280, height = 800 }: OpenOptions = {},
  ): Promise<Page> {
    const context = await this.browser.newContext({ colorScheme: theme, viewport: { width, height } });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      // A lost WebSocket and a refused request are the network's to report, and what some tests make.
      if (message.type() === 'error' && !/WebSocket|Failed to load resource/.test(message.text())) {
        this.errors.push(message.text());
      }
    });
    await page.goto(`${this.entrance.url}/projects/${project}/${path}#token=${await this.installation.token(role)}`);
    await page.locator('.shell').waitFor();
    return page;
  }

  /** Lines in the simulated AWS, which the page should show. */
  emit(messages: readonly string[]): void {
    this.installation.simulator.emit(messages.map((message) => ({ cloud: 'aws', source: '/ecs/checkout', message })));
  }

  /**
   * Opens the newest line that is shown. While a page loads, rows still move and a note about lines that were left out may
   * be the last row: as a person would, it is pressed again when nothing has opened.
   */
  async openNewestLine(page: Page): Promise<void> {
    const panel = page.getByRole('complementary', { name: 'Line', exact: true });
    await expect
      .poll(
        async () => {
          if (await panel.isVisible()) return true;
          await page.locator('.log-row:not(.gap-row)').last().click();
          return panel.isVisible();
        },
        { timeout: 60_000, interval: 500 },
      )
      .toBe(true);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.entrance.stop();
    await this.installation.stop();
  }
}
