/**
 * Makes `src/wire/types.ts`, `validators.js`, `validators.later.js` and their `.d.ts` from `src/wire/schema.json`.
 *
 * Validators are compiled here, ahead of time: the page's policy has no unsafe-eval. Types describe validated data:
 * a field with a default is always there. `--check` writes nothing and ends with 1 if a file differs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import Ajv, { _ } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';

const HERE = new URL('../src/wire/', import.meta.url);
const NOTE = '// Made by scripts/wire.mjs from the wire structs in src/samrum/wire (make wire). Not to be edited by hand.\n';
/** What browsers receive, besides relay's frames and statements: only this needs validators. */
const RECEIVED = [
  'Session', 'Started', 'Renewed', 'Since', 'People', 'Changed', 'Channels', 'Keys', 'Rosters', 'Certs', 'Devices', 'Problem', 'Join', 'ObjectMade', 'ObjectHas', 'ObjectState', 'Ledger', 'Witnessed',
  'Content', 'Found', 'Listed', 'Mentions', 'RoomPeople', 'ToldPast',
];
/** As {@link RECEIVED}, but beside the chat: they load with what asks for them. */
const RECEIVED_LATER = ['Blocked', 'Reported', 'Reports', 'Hooks', 'HookMade', 'Export'];
const BRANDS = { p: 'Pid', d: 'Dev', r: 'RoomId', t: 'TenantId', k: 'KeyId', m: 'MsgId', c: 'CallId' };

const schema = JSON.parse(readFileSync(new URL('schema.json', HERE), 'utf8'));

function brandOf(pattern) {
  const found = /^\^([pdrtkmc])_/.exec(pattern ?? '');
  return found === null ? 'string' : BRANDS[found[1]];
}

function typeOf(node) {
  if (node.$ref) return node.$ref.split('/').at(-1);
  if (node.bytes) return 'Bytes';
  if (node.anyOf) return node.anyOf.map(typeOf).join(' | ');
  if (node.enum) return node.enum.map((one) => `'${one}'`).join(' | ');
  if (node.prefixItems) return `[${node.prefixItems.map(typeOf).join(', ')}]`;
  switch (node.type) {
    case 'string': return brandOf(node.pattern);
    case 'integer': case 'number': return 'number';
    case 'boolean': return 'boolean';
    case 'null': return 'null';
    case 'array': {
      const item = typeOf(node.items ?? {});
      return /[| ]/.test(item) && !item.startsWith('[') ? `(${item})[]` : `${item}[]`;
    }
    case 'object': {
      const key = brandOf(node.propertyNames?.pattern);
      return `Partial<Record<${key}, ${typeOf(node.additionalProperties)}>>`;
    }
    default: throw new Error(`no type for ${JSON.stringify(node)}`);
  }
}

function comment(text, indent = '') {
  return text ? `${indent}/** ${text.replaceAll('*/', '* /').replaceAll(/\s*\n\s*/g, ' ')} */\n` : '';
}

function types() {
  const out = [NOTE, "import type { Bytes } from './bytes';\n"];
  out.push(`import type { ${Object.values(BRANDS).sort().join(', ')} } from './ids';\n`);
  for (const [name, node] of Object.entries(schema.$defs)) {
    out.push(`\n${comment(node.description)}`);
    if (node.enum) out.push(`export type ${name} = ${typeOf(node)};\n`);
    else {
      out.push(`export interface ${name} {\n`);
      for (const [key, field] of Object.entries(node.properties)) out.push(`  ${key}: ${typeOf(field)};\n`);
      out.push('}\n');
    }
  }
  out.push(`\n/** Every code of the wire. */\nexport type Code =\n${schema.codes.map((code) => `  | '${code}'`).join('\n')};\n`);
  for (const side of ['client', 'relay']) {
    const frames = Object.entries(schema.frames[side]);
    const title = side === 'client' ? 'Client' : 'Relay';
    out.push(`\n/** Frames of ${side === 'client' ? 'the client' : 'relay'}, by their number on the wire. */\n`);
    out.push(`export const ${side.toUpperCase()} = {\n${frames.map(([n, name]) => `  ${name}: ${n},\n`).join('')}} as const;\n`);
    out.push(`export interface ${title}Frames {\n${frames.map(([, name]) => `  ${name}: ${name};\n`).join('')}}\n`);
  }
  out.push('\n/** The `typ` of each statement. */\nexport const TYP = {\n');
  out.push(...Object.entries(schema.typ).map(([name, typ]) => `  ${name}: '${typ}',\n`), '} as const;\n');
  return out.join('');
}

const received = [...new Set([...RECEIVED, ...Object.keys(schema.typ), ...Object.values(schema.frames.relay)])];

function validators(received) {
  const ajv = new Ajv({
    code: { source: true, esm: true, lines: false },
    strictTypes: false, messages: false, inlineRefs: false, useDefaults: true, allErrors: false,
  });
  ajv.addKeyword({ keyword: 'bytes', code: (cxt) => cxt.pass(_`${cxt.data} instanceof Uint8Array`) });
  // JSON Schema takes any JavaScript object for an object; bytes and dates of MessagePack are none of ours.
  ajv.addKeyword({ keyword: 'map', code: (cxt) => cxt.pass(_`Object.getPrototypeOf(Object(${cxt.data})) === Object.prototype`) });
  ajv.addSchema({ $id: 'wire', $defs: forValidators(schema.$defs) });
  const made = standaloneCode(ajv, Object.fromEntries(received.map((name) => [name, `wire#/$defs/${name}`])));
  const own = 'function ucs2length(s){let n=0;for(const _ of s)n++;return n}\n';
  const code = lean(made.replaceAll('require("ajv/dist/runtime/ucs2length").default', 'ucs2length'));
  if (code.includes('require(')) throw new Error('a validator needs a module at run time');
  return `${NOTE}/* eslint-disable */\n${own}${code}\n`;
}

/**
 * Ajv's code without what only describes a refusal: our validators answer yes or no, and the rest is more than half of their weight in
 * browsers. `errors` still counts, which is what decides. Whatever Ajv writes that is not known here ends with an error, not with a guess.
 */
function lean(code) {
  const text = String.raw`"(?:[^"\\]|\\.)*"`;
  const error = String.raw`\{instancePath(?:[^{}"]|${text})*,params:\{(?:[^{}"]|${text})*\}(?:,propertyName:\w+)?\}`;
  const steps = [
    [String.raw`validate\d+\.errors = \[${error}\];return false;`, 'return false;'],
    [String.raw`const err\d+ = ${error};if\(vErrors === null\)\{vErrors = \[err\d+\];\}else \{vErrors\.push\(err\d+\);\}errors\+\+;`, 'errors++;'],
    [String.raw`vErrors = vErrors === null \? (validate\d+)\.errors : vErrors\.concat\(\1\.errors\);errors = vErrors\.length;`, 'errors++;'],
    [String.raw`if\(vErrors !== null\)\{if\((_errs\d+)\)\{vErrors\.length = \1;\}else \{vErrors = null;\}\}`, ''],
    [String.raw`validate\d+\.errors = vErrors;`, ''],
    [String.raw`let vErrors = null;`, ''],
    [String.raw`const (evaluated\d+) = validate\d+\.evaluated;if\(\1\.dynamicProps\)\{\1\.props = undefined;\}if\(\1\.dynamicItems\)\{\1\.items = undefined;\}`, ''],
    [String.raw`validate\d+\.evaluated = \{[^{}]*\};`, ''],
    [String.raw`, \{instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors=\{\}\}=\{\}\)`, ')'],
    [String.raw`, ?\{instancePath:[^{}]*,rootData,dynamicAnchors\}\)`, ')'],
  ];
  const made = steps.reduce((now, [what, instead]) => now.replaceAll(new RegExp(what, 'g'), instead), code);
  const left = /.{0,80}(?:vErrors|\.errors|evaluated|instancePath|parentData|rootData).{0,80}/.exec(made);
  if (left) throw new Error(`Ajv writes something new: ${left[0]}`);
  return made;
}

/** A schema for validators: without descriptions, which would only be weight, and with objects that are maps. */
function forValidators(node) {
  if (Array.isArray(node)) return node.map(forValidators);
  if (node === null || typeof node !== 'object') return node;
  const kept = Object.entries(node).filter(([key, one]) => key !== 'description' || typeof one !== 'string');
  const map = node.type === 'object' ? { map: true } : {};
  return { ...map, ...Object.fromEntries(kept.map(([key, one]) => [key, forValidators(one)])) };
}

function declarations(received) {
  const lines = received.map((name) => `export function ${name}(data: unknown): data is T.${name};\n`);
  return `${NOTE}import type * as T from './types';\n\n${lines.join('')}`;
}

let different = false;
for (const [name, text] of [
  ['types.ts', types()],
  ['validators.js', validators(received)], ['validators.d.ts', declarations(received)],
  ['validators.later.js', validators(RECEIVED_LATER)], ['validators.later.d.ts', declarations(RECEIVED_LATER)],
]) {
  const file = new URL(name, HERE);
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else {
    let now = '';
    try { now = readFileSync(file, 'utf8'); } catch { /* absent is different */ }
    if (now !== text) { different = true; process.stderr.write(`differs: ${name}\n`); }
  }
}
process.exitCode = different ? 1 : 0;
