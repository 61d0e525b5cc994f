/**
 * What browser tests share: a Chromium with fake camera and microphone, one profile a person, signing in, and everything that went
 * wrong in the page meanwhile.
 *
 * Tests take the running city from `SAMRUM_READY`, the path of the file that `samrum up --ready-file` wrote.
 */
import { readFileSync } from 'node:fs';

import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--allow-loopback-in-peer-connection',
];

/** The ready file of the running city: `{home, relay, livekit, logins: [{user, password, name}…], data}`. */
export function city() {
  const path = process.env.SAMRUM_READY;
  if (!path) throw new Error('SAMRUM_READY must be the path of the ready file of `samrum up`');
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Debian's Chromium, headless; a profile of its own in a temporary folder. Close it after use. */
export function launch({ flags = [] } = {}) {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: [...FLAGS, ...flags] });
}

/** Notes every report of the content-security policy before the page's own code runs. Never `blockedURI`: it may hold a token. */
function watchPolicy() {
  window.samrumReports = [];
  document.addEventListener('securitypolicyviolation', (event) => {
    window.samrumReports.push(`${event.effectiveDirective} ${event.sourceFile}:${event.lineNumber} ${event.sample}`);
  });
}

/**
 * A fresh browser profile (or a second tab of `of`) at home's page. `page.reports()` gives policy reports so far, of every document
 * that the page showed; `page.errors` uncaught errors and console errors.
 *
 * Options: `home` (default: the city's), `language` ('en'), `context` (Playwright's options), `of` (a page whose profile to share).
 */
export async function person(browser, { home = city().home, language = 'en', context: options = {}, of } = {}) {
  const context = of?.context() ?? (await browser.newContext({ locale: language, ...options }));
  const page = await context.newPage();
  page.errors = [];
  const reports = [];
  page.on('pageerror', (error) => page.errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    const text = message.text().replace(/eyJ[\w.-]+/g, '(token)');
    if (/Content.Security.Policy|Trusted ?Type/i.test(text)) reports.push(text);
    // The browser itself notes every 401 or a server that is away: they are states of the product, not errors of the page.
    else if (!/Failed to load resource|WebSocket connection/.test(text)) page.errors.push(text);
  });
  await page.addInitScript(watchPolicy);
  page.reports = async () => [...new Set([...reports, ...(await page.evaluate(() => window.samrumReports ?? []))])];
  await page.goto(`${home}/?lang=${language}`);
  return page;
}

/** Signs in and waits for the rooms. English only: `person(…, {language: 'en'})`. */
export async function signIn(page, login, { sharedComputer = false } = {}) {
  await page.getByRole('textbox', { name: 'User name' }).fill(login.user);
  await page.getByRole('textbox', { name: 'Password' }).fill(login.password);
  if (sharedComputer) await page.getByText('Others use this computer too').click();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await rooms(page).waitFor();
}

/** The navigation with a link per room. */
export function rooms(page) {
  return page.getByRole('navigation', { name: 'Rooms' });
}

/** Makes a group and opens it; `names` are people's display names. */
export async function newRoom(page, title, names) {
  await page.getByRole('button', { name: 'New room' }).click();
  const dialog = page.getByRole('dialog', { name: 'New room' });
  await dialog.getByRole('textbox', { name: 'Room name' }).fill(title);
  for (const name of names) {
    await dialog.getByRole('combobox', { name: 'Add people' }).fill(name);
    await page.getByRole('option', { name, exact: true }).click();
  }
  await dialog.getByRole('button', { name: 'Create room' }).click();
  await page.getByRole('heading', { name: title, level: 1 }).waitFor();
}

/** Opens a room by its link. */
export async function openRoom(page, title) {
  await rooms(page).getByRole('link', { name: title }).click();
  await page.getByRole('heading', { name: title, level: 1 }).waitFor();
}

/** Writes a message and sends it with Enter. */
export async function say(page, text) {
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.getByRole('textbox', { name: 'Message' }).press('Enter');
}

/** The messages of the open room. */
export function log(page) {
  return page.getByRole('log', { name: 'Messages', exact: true });
}
