/** What the user puts into the caches of packages counts, and what calls leave there does not. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import { afterAll, expect, test } from "vitest";
import { findClosure, type Closure } from "../../../kernel-lib/src/key/code/closure";
import { createLiveScopes } from "../../../kernel-lib/src/scopes/live-scopes";
import { createNotebookFolder } from "../../rig/kernel/notebook-folder";

const kit = `
exports.Lru = class Lru {
  constructor() { this.cache = new Map(); this.oldCache = new Map(); }
  has(key) { return this.cache.has(key); }
  get(key) { return this.cache.get(key); }
  set(key, value) { this.cache.set(key, value); return this; }
};
exports.Table = class Table { constructor() { this._cache = {}; } get(key) { return this._cache[key]; } set(key, value) { this._cache[key] = value; } };
exports.memoize = (f, options = {}) => {
  const { cache = new Map() } = options;
  const memoized = (x) => { if (!cache.has(x)) cache.set(x, f(x)); return cache.get(x); };
  memoized.cache = cache;
  return memoized;
};
exports.hidden = (f, cache) => (x) => { if (!cache.has(x)) cache.set(x, f(x)); return cache.get(x); };
exports.lookup = (cache) => (x) => cache.get(x);
class Hash { constructor() { this.size = 0; this.__data__ = Object.create(null); } set(k, v) { if (!(k in this.__data__)) this.size++; this.__data__[k] = v; } }
class Store { constructor() { this.size = 0; this.__data__ = { hash: new Hash(), map: new Map() }; }
  has(k) { return k in this.__data__.hash.__data__; } get(k) { return this.__data__.hash.__data__[k]; } set(k, v) { this.__data__.hash.set(k, v); this.size++; } }
exports.byStore = (f) => exports.memoize(f, { cache: new Store() });
exports.Schema = class Schema { constructor(x) { this.x = x; this._cached = new Map(); }
  parse(v) { const result = v + this.x; this._cached.set(v, result); return result; } };
`;
const folder = createNotebookFolder({
  "package.json": "{}",
  "node_modules/kit/package.json": `{ "name": "kit", "version": "1.2.3" }`,
  "node_modules/kit/index.js": kit,
});
afterAll(() => {
  folder.remove();
});
const scopes = createLiveScopes(() => undefined);
const own = createRequire(join(folder.path, "cell.js"));

interface Held {
  (): unknown;
  readonly digest: () => string;
  readonly act: (code: string) => unknown;
}

const digestsOf = ({ parts }: Closure): string =>
  JSON.stringify(parts.map((part) => ("digest" in part ? part.digest : part.name)));

/** A function that holds what the code returns. */
function hold(code: string): Held {
  const run = runInThisContext(
    `(function (require) { const kit = require("kit"); const it = (() => { ${code} })(); return { fn: () => it, act: (code) => eval(code) }; })`,
  ) as (require: NodeJS.Require) => { fn: () => unknown; act: (code: string) => unknown };
  const { fn, act } = run(own);
  let known: Closure | undefined;
  const digest = (): string => {
    scopes.forget();
    const seemsSame = known?.stillHolds?.() === true;
    const found = findClosure(fn, "a", scopes);
    expect(found.untracked).toEqual([]);
    // It would have been used again.
    if (known && seemsSame) expect(digestsOf(found)).toBe(digestsOf(known));
    known = found;
    return digestsOf(found);
  };
  return Object.assign(() => fn(), { digest, act });
}

test.each([
  ["an object that is a cache", "const c = new kit.Lru(); c.set('a', K); return c;", "it.get('a')", "it.set('a', 9)"],
  ["one that keeps a table", "const c = new kit.Table(); c.set('a', K); return c;", "it.get('a')", "it.set('a', 9)"],
  [
    "the cache of a memoized function",
    "const m = kit.memoize((x) => x); m.cache.set(1, K); return m;",
    "it(1) + it(5)",
    "it.cache.set(1, 9)",
  ],
  [
    "a cache given to a function that memoizes",
    "return kit.memoize((x) => x, { cache: new Map([[1, K]]) });",
    "it(1) + it(5)",
    "it.cache.set(1, 9)",
  ],
  ["a cache in a function that only looks into it", "return kit.lookup(new Map([[1, K]]));", "it(1)", undefined],
  ["one that it does not show", "return kit.hidden((x) => x, new Map([[1, K]]));", "it(1) + it(5)", undefined],
  [
    "a cache of a class of the package, with tables inside it",
    "const m = kit.byStore((x) => x); m.cache.set(1, K); return m;",
    "it(1) + it(5)",
    "it.cache.set(1, 9)",
  ],
  [
    "an object that is a cache, given to a function that memoizes",
    "const cache = new kit.Lru(); cache.set(1, K); return kit.memoize((x) => x, { cache });",
    "it(1) + it(5)",
    "it.cache.set(1, 9)",
  ],
])("[S4] what the user puts into %s counts", (_what, code, use, change) => {
  const made = hold(code.replace("K", "1"));
  const before = made.digest();
  expect(hold(code.replace("K", "1")).digest()).toBe(before);
  expect(hold(code.replace("K", "2")).digest()).not.toBe(before);
  made.act(use);
  expect(made.digest()).toBe(before);
  if (change === undefined) return;
  made.act(change);
  expect(made.digest()).not.toBe(before);
});

test.each([
  ["a memoized function", "return kit.memoize((x) => x * 2);", "it(1) + it(2)"],
  ["one with a cache of a class of the package", "return kit.byStore((x) => x * 2);", "it(1) + it(2)"],
  ["a schema", "return new kit.Schema(1);", "it.parse(4)"],
])("[S10] what %s keeps of its own calls does not count", (_what, code, use) => {
  const made = hold(code);
  const before = made.digest();
  made.act(use);
  expect(made.digest()).toBe(before);
});

test("[S4] an entry that is set over the result of a call counts", () => {
  const made = hold("return kit.memoize((x) => x * 2);");
  made.act("it(1)");
  const before = made.digest();
  made.act("it.cache.set(1, 7)");
  expect(made.digest()).not.toBe(before);
});
