/** Opens a page of this folder in a Chromium of its own, served from memory under the product's policy. */
import { chromium } from 'playwright-core';
import { pageFiles, serve } from '../session/page.mjs';

const ORIGIN = 'http://localhost:21600';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export async function openPage(entry) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS });
  const context = await browser.newContext();
  await serve(context, ORIGIN, await pageFiles(`../formats/${entry}`));
  const page = await context.newPage();
  await page.goto(`${ORIGIN}/at/`);
  await page.waitForFunction(() => 'formats' in globalThis);
  return { page, close: () => browser.close() };
}
