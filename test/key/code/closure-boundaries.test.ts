/** The boundaries of the closure walk: private fields, packages, linked packages, Stagebook itself. */
import { mkdirSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { StagebookError } from "stagebook";
import { createNotebookFolder, type NotebookFolder } from "../../rig/kernel/notebook-folder";
import { createScript, type Script } from "../../run/script";

let folder: NotebookFolder | undefined;

afterEach(() => {
  folder?.remove();
  folder = undefined;
});

/** Modules in a temporary folder. */
function open(files: Readonly<Record<string, string>>): {
  readonly folder: NotebookFolder;
  readonly require: NodeJS.Require;
} {
  folder = createNotebookFolder({ "package.json": "{}", ...files });
  return { folder, require: createRequire(join(folder.path, "cell.js")) };
}

const kit = {
  "node_modules/kit/package.json": `{ "name": "kit", "version": "1.2.3" }`,
  "node_modules/kit/index.js": `
    exports.partial = (f, ...first) => (...rest) => f(...first, ...rest);
    exports.flow = (list) => (x) => list.reduce((at, f) => f(at), x);
    exports.scale = () => {
      let domain = [0, 1];
      const scale = (x) => (x - domain[0]) / (domain[1] - domain[0]);
      scale.domain = (next) => ((domain = next), scale);
      return scale;
    };
    exports.Model = class Model { constructor(options) { this.options = options; } at(x) { return this.options.f(x); } };
    exports.triple = (x) => 3 * x;`,
};
interface Kit {
  partial(f: (...args: number[]) => number, ...first: number[]): (...rest: number[]) => number;
  flow(list: readonly ((x: number) => number)[]): (x: number) => number;
  scale(): ((x: number) => number) & { domain(next: readonly number[]): (x: number) => number };
  readonly Model: new (options: object) => { at(x: number): number };
  triple(x: number): number;
}

const readAt3 = (f: (x: number) => number) => () => f(3);
const scaled = (by: number) => (x: number) => x * by;
const subtract = (a: number, b: number): number => a - b;

test.each<[string, (kit: Kit, by: number) => () => number, readonly [number, number]]>([
  ["a function of the user's, applied in part by a package", (kit, by) => readAt3(kit.partial(scaled(by))), [6, 9]],
  ["an argument, applied in part by a package", (kit, by) => readAt3(kit.partial(subtract, by)), [-1, 0]],
  [
    "functions of the user's in a list that a package holds",
    (kit, by) => readAt3(kit.flow([scaled(by), scaled(1)])),
    [6, 9],
  ],
  [
    "the domain that a package's function holds in a variable",
    (kit, by) => readAt3(kit.scale().domain([0, by])),
    [1.5, 1],
  ],
  [
    "the options that an instance of a package's class holds",
    (kit, by) => {
      const model = new kit.Model({ f: scaled(by) });
      return () => model.at(3);
    },
    [6, 9],
  ],
])("[S4] %s, counts", async (_what, make, [first, second]) => {
  const { require } = open(kit);
  const kept = require("kit") as Kit;
  const { p, log } = createScript();
  expect(await p.stage("a", make(kept, 2))()).toBe(first);
  log();
  expect(await p.stage("a", make(kept, 2))()).toBe(first);
  expect(log()).toEqual(["a cached"]);
  expect(await p.stage("a", make(kept, 3))()).toBe(second);
  expect(log()).toEqual(["a running", "a succeeded"]);
});

test("[S10] a package's own function counts as package, version and position; another version executes the stages that use it", async () => {
  const { folder, require } = open(kit);
  const { p, log } = createScript();
  const define = (): (() => Promise<number>) => p.stage("a", readAt3((require("kit") as Kit).triple));
  expect(await define()()).toBe(9);
  log();
  expect(await define()()).toBe(9);
  expect(log()).toEqual(["a cached"]);
  // The state that a new kernel finds after an update: in another folder, because a process keeps the version that it loaded.
  folder.write("other/node_modules/kit/package.json", `{ "name": "kit", "version": "1.2.4" }`);
  folder.write("other/node_modules/kit/index.js", kit["node_modules/kit/index.js"]);
  const updated = createRequire(join(folder.path, "other", "cell.js"))("kit") as Kit;
  const a = p.stage("a", readAt3(updated.triple));
  expect((await a.explain()).reasons.join()).toMatch(/kit@1\.2\.3.*kit@1\.2\.4/);
  expect(await a()).toBe(9);
  expect(log()).toEqual(["a running", "a succeeded"]);
});

test("[S4] a linked workspace package counts as loaded: a newer file is a warning, and importing it again executes the stages that use it", async () => {
  const source = (by: number): string => `exports.scale = (x) => deep(x) * ${by};\nconst deep = (x) => x + 1;\n`;
  const { folder, require } = open({
    "packages/tools/package.json": `{ "name": "tools", "version": "0.0.0" }`,
    "packages/tools/index.js": source(2),
  });
  mkdirSync(join(folder.path, "node_modules"));
  symlinkSync(join(folder.path, "packages", "tools"), join(folder.path, "node_modules", "tools"), "junction");
  const load = (): { scale(x: number): number } => require("tools") as { scale(x: number): number };
  const { p, log } = createScript();
  const a = p.stage("a", readAt3(load().scale));
  expect(await a()).toBe(8);
  log();
  folder.write("packages/tools/index.js", source(3));
  expect((await a.plan()).rows).toMatchObject([
    { action: "fresh", untracked: [expect.stringMatching(/^index\.js: newer on disk/)] },
  ]);
  expect(await a()).toBe(8);
  expect(log()).toEqual(["a cached"]);
  delete require.cache[require.resolve("tools")];
  const again = p.stage("a", readAt3(load().scale));
  expect((await again.explain()).reasons.join()).toMatch(/`\* 2` → `\* 3`/);
  expect(await again()).toBe(12);
  expect(log()).toEqual(["a running", "a succeeded"]);
});

test("[S4] Stagebook itself is a boundary: using it in a stage adds nothing to the key", async () => {
  const { p, log } = createScript();
  const make = (Failure: typeof StagebookError, inner: Script["p"]["stage"]) => () => [
    new Failure("code", "what", "advice").code,
    typeof inner,
  ];
  const a = p.stage("a", make(StagebookError, p.stage));
  expect((await a.plan()).rows).toEqual([{ stage: "a", action: "run", reasons: ["never run"] }]);
  expect(await a()).toEqual(["code", "function"]);
  log();
  expect(await p.stage("a", make(StagebookError, createScript().p.stage))()).toEqual(["code", "function"]);
  expect(log()).toEqual(["a cached"]);
});

class Safe {
  readonly #pin: number;
  constructor(pin: number) {
    this.#pin = pin;
  }
  read(): number {
    return this.#pin;
  }
}
class Vault extends Safe {}

test.each([
  ["its own class", (pin: number) => new Safe(pin)],
  ["a base class", (pin: number) => new Vault(pin)],
])("[Y7] private fields of a captured instance, declared by %s, are listed or count", async (_what, create) => {
  const { p } = createScript();
  const make = (safe: Safe) => () => safe.read();
  expect(await p.stage("a", make(create(1)))()).toBe(1);
  const changed = p.stage("a", make(create(2)));
  const [row] = (await changed.plan()).rows;
  const listed = (row?.untracked ?? []).filter((each) => each.startsWith("safe: private fields of"));
  if (row?.action === "run") expect(await changed()).toBe(2);
  else expect(listed).toHaveLength(1);
  // What is listed is the instance; the methods that read the field are followed.
  expect((row?.untracked ?? []).filter((each) => !listed.includes(each))).toEqual([]);
});
