// Compares the parameters that the pretended Stripe takes (tests/fake_stripe/parameters.txt) with the type files of Stripe's own SDK, so that
// it refuses what the real API refuses. With --write it writes the table anew for the endpoints that the table has.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

const here = path.dirname(fileURLToPath(import.meta.url));
const table = path.join(here, '../fake_stripe/parameters.txt');
const resources = path.join(here, 'node_modules/stripe/esm/resources');
const { version } = JSON.parse(fs.readFileSync(path.join(here, 'node_modules/stripe/package.json'), 'utf8'));

// What the pretended Stripe has no use for; to take such a parameter and do nothing would be a lie, so it refuses them by itself.
const CUT = ['payment_method_data', 'payment_method_options', 'payment_details', 'amount_details', 'hooks', 'price_data', 'payment_settings'];
const DEPTH = 3;

/** The endpoints that the SDK knows, each with the type of its parameters, or null when it takes none. */
function endpoints() {
  const files = fs.readdirSync(resources, { recursive: true }).filter((file) => file.endsWith('.js'));
  const declared = (file) => path.join(resources, file.replace(/\.js$/, '.d.ts'));
  const options = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022, strict: true, types: [], skipLibCheck: true };
  const program = ts.createProgram(files.map(declared), options);
  const checker = program.getTypeChecker();
  const found = new Map();
  for (const file of files) {
    const code = ts.createSourceFile(file, fs.readFileSync(path.join(resources, file), 'utf8'), ts.ScriptTarget.ES2022, true);
    const classes = new Map(program.getSourceFile(declared(file)).statements.filter(ts.isClassDeclaration).map((of) => [of.name.text, of]));
    for (const of of code.statements.filter(ts.isClassDeclaration)) {
      for (const method of of.members.filter(ts.isMethodDeclaration)) {
        const signatures = classes.get(of.name.text).members.filter((member) => ts.isMethodDeclaration(member) && member.name.text === method.name.text);
        const params = signatures.flatMap((signature) => [...signature.parameters]).find((param) => param.name.text === 'params' && param.type);
        const type = params ? checker.getNonNullableType(checker.getTypeAtLocation(params)) : null;
        visit(method, (endpoint) => found.set(endpoint, type));
      }
    }
  }
  return { found, checker };
}

/** Calls `see` with every endpoint that a method asks. */
function visit(node, see) {
  if (ts.isCallExpression(node) && node.expression.getText() === 'this._makeRequest') {
    const [verb, where] = node.arguments;
    const address = ts.isTemplateExpression(where) ? where.head.text + where.templateSpans.map((span) => `:id${span.literal.text}`).join('') : where.text;
    see(`${verb.text} ${address}`);
  }
  ts.forEachChild(node, (child) => visit(child, see));
}

/** One line for each parameter: its path, `!` when it must be there, and what it may be. */
function parameters(checker, type) {
  const lines = [];
  const look = (of, at) => {
    for (const property of checker.getPropertiesOfType(of)) {
      const name = at ? `${at}.${property.name}` : property.name;
      const mark = property.flags & ts.SymbolFlags.Optional ? '' : '!';
      if (CUT.includes(property.name)) lines.push(`${name}${mark} ...`);
      else describe(checker.getTypeOfSymbol(property), name, mark);
    }
  };
  const describe = (of, name, mark) => {
    const whole = checker.getNonNullableType(of);
    const words = [];
    const kinds = new Set();
    for (const part of whole.isUnion() ? whole.types : [whole]) {
      const index = checker.getIndexInfosOfType(part)[0];
      if (part.isStringLiteral()) part.value === '' ? kinds.add('empty') : words.push(part.value);
      else if (part.flags & ts.TypeFlags.BooleanLike) kinds.add('boolean');
      else if (part.flags & ts.TypeFlags.NumberLike) kinds.add('number');
      else if (part.flags & ts.TypeFlags.StringLike) kinds.add('string');
      // 'Any other string': the SDK's way to stay open for words to come, which the API of today refuses.
      else if (part.isIntersection()) continue;
      else if (checker.isArrayType(part)) describe(checker.getTypeArguments(part)[0], `${name}[]`, '');
      else if (index) describe(index.type, `${name}.*`, '');
      else if (name.split('.').length >= DEPTH) kinds.add('...');
      else {
        kinds.add('{}');
        look(part, name);
      }
    }
    const own = [...(words.length ? [`${words.sort().join('|')}${words.length === 1 ? '|' : ''}`] : []), ...[...kinds].sort()];
    if (own.length) lines.push(`${name}${mark} ${own.join(' ')}`);
  };
  if (type) look(type, '');
  return lines.sort();
}

const old = fs.readFileSync(table, 'utf8');
const wanted = old.split('\n').filter((line) => /^[A-Z]/.test(line));
const { found, checker } = endpoints();
const unknown = wanted.filter((endpoint) => !found.has(endpoint));
const head = [`# What Stripe's API takes, from the type files of its SDK (npm stripe ${version}). Written by tests/interop/stripe_parameters.mjs --write.`];
const body = wanted.filter((endpoint) => found.has(endpoint)).flatMap((endpoint) => [endpoint, ...parameters(checker, found.get(endpoint)).map((line) => `  ${line}`)]);
const fresh = `${[...head, ...body].join('\n')}\n`;
if (unknown.length) {
  console.error(`Stripe's SDK knows no such endpoints:\n  ${unknown.join('\n  ')}`);
  process.exit(1);
}
if (process.argv.includes('--write')) {
  fs.writeFileSync(table, fresh);
} else if (fresh !== old) {
  const lines = (text) => new Set(text.split('\n'));
  const [before, after] = [lines(old), lines(fresh)];
  console.error("tests/fake_stripe/parameters.txt is not what Stripe's SDK says; run this with --write, and make the pretended Stripe follow:");
  console.error([...[...before].filter((line) => !after.has(line)).map((line) => `- ${line}`), ...[...after].filter((line) => !before.has(line)).map((line) => `+ ${line}`)].slice(0, 40).join('\n'));
  process.exit(1);
}
console.log(`${wanted.length} endpoints and ${body.length - wanted.length} parameters, as in Stripe's SDK ${version}`);
