/**
 * Draws `docs/flows/*.mmd` into SVG files beside them, with mermaid in Debian's Chromium. `--check` draws nothing and ends with 1
 * when a drawing is missing, of another text, or of no text at all (the same look as tests/borders/test_docs.py, by hash).
 *
 * A drawing carries its own light ground, so that it reads on a dark page too, no HTML (viewers of images show none) and no foreign
 * font: text is measured in DejaVu Sans, the widest of the fonts that it names, so it fits its box in the others.
 * The same text, browser and font give the same bytes.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const FLOWS = new URL('../../docs/flows/', import.meta.url);
const MERMAID = fileURLToPath(new URL('mermaid.min.js', import.meta.resolve('mermaid')));
const FONT = "'DejaVu Sans', Verdana, Arial, sans-serif";
const INK = '#1c2530';
const PALE = '#e8f0f7';
const LINE = '#3d6a8f';
const LOOK = {
  startOnLoad: false,
  securityLevel: 'strict',
  deterministicIds: true,
  htmlLabels: false,
  theme: 'base',
  fontFamily: FONT,
  themeCSS: '.edgeLabel rect, .labelBkg { opacity: 1 !important; fill: #ffffff !important }',
  themeVariables: {
    fontFamily: FONT, fontSize: '15px', background: '#ffffff',
    primaryColor: PALE, primaryBorderColor: LINE, primaryTextColor: INK, lineColor: INK, textColor: INK,
    secondaryColor: '#f5efe0', tertiaryColor: '#f6f8fa',
    actorBkg: PALE, actorBorder: LINE, actorTextColor: INK, actorLineColor: '#9aa8b5',
    signalColor: INK, signalTextColor: INK, sequenceNumberColor: '#ffffff',
    noteBkgColor: '#fdf6e3', noteBorderColor: '#b8a675', noteTextColor: INK,
    labelBoxBkgColor: '#f6f8fa', labelBoxBorderColor: LINE, labelTextColor: INK, loopTextColor: INK,
    clusterBkg: '#f6f8fa', clusterBorder: '#9aa8b5', edgeLabelBackground: '#ffffff',
  },
  sequence: { mirrorActors: false, messageMargin: 34, noteMargin: 10, actorMargin: 40, wrap: false, useMaxWidth: false },
  flowchart: { useMaxWidth: false, htmlLabels: false, curve: 'basis', padding: 12, nodeSpacing: 50, rankSpacing: 64, wrappingWidth: 260 },
};
const MARGIN = 8;

const hash = (text) => createHash('sha256').update(text).digest('hex');
const read = (name) => readFileSync(new URL(name, FLOWS), 'utf8');
const names = (end) => readdirSync(FLOWS).filter((name) => name.endsWith(end)).map((name) => name.slice(0, -end.length)).sort();

/** In the page: the drawing as one line of XML, on its own ground, with the hash of its text. */
async function draw({ name, text, source, margin }) {
  const { svg: html } = await window.mermaid.render(name, text);
  const holder = document.createElement('div');
  document.body.append(holder);
  holder.innerHTML = html;
  const svg = holder.querySelector('svg');
  const box = svg.viewBox.baseVal;
  const [x, y] = [Math.floor(box.x) - margin, Math.floor(box.y) - margin];
  const [width, height] = [Math.ceil(box.width) + 2 * margin, Math.ceil(box.height) + 2 * margin];
  svg.setAttribute('viewBox', `${x} ${y} ${width} ${height}`);
  svg.setAttribute('width', width);
  svg.setAttribute('height', height);
  svg.removeAttribute('style');
  svg.setAttribute('data-source', `sha256-${source}`);
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [key, value] of Object.entries({ x, y, width, height, rx: 8, fill: '#ffffff', stroke: '#d5dde5' })) ground.setAttribute(key, value);
  svg.prepend(ground);
  svg.prepend(...svg.querySelectorAll(':scope > title, :scope > desc'));
  const out = new XMLSerializer().serializeToString(svg);
  holder.remove();
  return out;
}

async function drawAll() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'],
  });
  try {
    for (const name of names('.mmd')) {
      // A page each: mermaid counts its ids on from one drawing to the next.
      const page = await browser.newPage();
      await page.addScriptTag({ path: MERMAID });
      await page.evaluate((look) => window.mermaid.initialize(look), LOOK);
      const text = read(`${name}.mmd`);
      const svg = await page.evaluate(draw, { name, text, source: hash(text), margin: MARGIN });
      writeFileSync(new URL(`${name}.svg`, FLOWS), `${svg}\n`);
      await page.close();
      process.stdout.write(`docs/flows/${name}.svg\n`);
    }
  } finally {
    await browser.close();
  }
}

function check() {
  const drawn = new Set(names('.svg'));
  const wrong = names('.mmd').filter((name) => !drawn.delete(name) || !read(`${name}.svg`).includes(`data-source="sha256-${hash(read(`${name}.mmd`))}"`));
  wrong.push(...drawn);
  for (const name of wrong) process.stderr.write(`docs/flows/${name}.svg is not of its text: make drawings\n`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

if (process.argv.includes('--check')) check();
else await drawAll();
