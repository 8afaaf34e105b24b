import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import sparticuz from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * A real Chromium: the machine's own where it has one, else the one that an npm package brings.
 * @param locale the machine's, for the browser: one that it knows, whatever this machine's is
 */
export async function openBrowser(locale = 'en_US.UTF-8'): Promise<Browser> {
  const env = { ...process.env, LANG: locale, LC_ALL: locale };
  const own = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  if (own !== undefined) return chromium.launch({ executablePath: own, args: ['--no-sandbox'], env });
  return chromium.launch({
    executablePath: await sparticuz.executablePath(),
    env,
    // Its own arguments are for a function without a file system of its own; a single process would be no real browser.
    args: [
      ...sparticuz.args.filter((each) => !/single-process|no-zygote|disable-web-security/.test(each)),
      '--no-sandbox',
    ],
  });
}
