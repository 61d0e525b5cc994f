// Makes package-lock.json free of addresses: a lock file names versions and hashes, never where a copy was fetched from
// (docs/decisions). Run after every `npm install`; `--check` only looks, and exits 1 when an address stands there.

import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const before = readFileSync(path, 'utf8');
const lock = JSON.parse(before);
for (const entry of Object.values(lock.packages)) {
  delete entry.resolved;
  delete entry.funding;
}
const after = `${JSON.stringify(lock, null, 2)}\n`;
if (after.includes('://')) {
  process.stderr.write('package-lock.json: an address is left that this script does not know\n');
  process.exit(1);
}
if (process.argv.includes('--check')) {
  if (before !== after) {
    process.stderr.write('package-lock.json holds addresses: run `npm run lock`\n');
    process.exit(1);
  }
} else if (before !== after) {
  writeFileSync(path, after);
}
