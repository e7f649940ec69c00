/** Keys are the same everywhere: in other processes, languages, time zones, orders of definition. With the built package. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { repository } from "../rig/kernel/notebook-folder";

const library = join(repository, "kernel-lib", "lib", "index.js");

/** Names of the stages that the script defines, in their order in its source. */
const names = ["dates", "collections", "binary", "words", "numbers", "locale", "helpers", "below"];

/** Wrapped in a function: as in a module, its names are not global. Arguments: the order of definition, and whether properties are reversed. Prints `{ stage: key }`. */
const script = `(() => {
const { createPipeline, file } = require(${JSON.stringify(library)});
const [order, turned] = JSON.parse(process.argv[1]);
const record = (entries) => Object.fromEntries(turned ? entries.reverse() : entries);

const words = ["Ärger", "Zebra", "ärger", "zebra", "Öl", "ol", "ß", "ss", "I", "ı", "i", "İ", "é", "e\\u0301", "漢字", "🙂"];
class Unit { static prefix = "k"; constructor(name) { this.name = name; } label() { return Unit.prefix + this.name; } }
const half = (x) => x / 2;
const table = Object.fromEntries([["zeta", 1], ["äpfel", 2], ["alpha", half], ["Öl", new Unit("g")], ["10", 10], ["9", 9]]);
const when = new Date(Date.UTC(2024, 2, 31, 1, 30));
const place = /[a-zäöü]+/giu;

const p = createPipeline({ store: "memory" });
const keys = {};
p.events$.subscribe((event) => {
  if (event.type === "stage:succeeded" || event.type === "stage:cached") keys[event.stage] = event.result.key;
});
const limit = p.param("limit", 4.5, { min: 0 });
const day = p.param("day", new Date(Date.UTC(2024, 9, 27, 0, 30)));
const stages = {};
const defined = {
  dates: () => p.stage("dates", { when, invalid: new Date(NaN), day }, ({ when, day }) => [when.getTime(), day.getTime()]),
  collections: () => p.stage("collections", { map: new Map([["ä", 1], [{ a: 1 }, new Set(["z", "ä"])]]), set: new Set(words) }, ({ set }) => set.size),
  binary: () => p.stage("binary", { floats: new Float64Array([-0, NaN, 1e-320]), bytes: Buffer.from("grüße"), big: new BigUint64Array([1n << 63n]), view: new DataView(new ArrayBuffer(3)) }, ({ bytes }) => bytes),
  words: () => p.stage("words", { words, pattern: place }, ({ words }) => words.join(" ")),
  numbers: () => p.stage("numbers", { list: [0.1 + 0.2, -0, NaN, Infinity, 2n ** 70n, 1e21], holes: [1, , 3] }, ({ list }) => list.length),
  locale: () => p.stage("locale", () => [when, words, place, table.alpha(4), table["Öl"].label()].length),
  helpers: () => p.stage("helpers", record([["limit", limit], ["äußeres", { b: 1, a: 2 }], ["inneres", 3]]), ({ limit }) => half(limit)),
  below: () => p.stage("below", record([["words", stages.words], ["binary", stages.binary], ["numbers", stages.numbers]]), ({ binary }) => binary.length),
};
for (const name of order) stages[name] = defined[name]();
p.run().then(() => {
  const about = [new Date(0).getHours(), (1234.5).toLocaleString(), [...words].sort((a, b) => a.localeCompare(b)).join()];
  process.stdout.write(JSON.stringify({ keys: Object.fromEntries(Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1))), about }));
});
})()`;

/** Top-level names of a script that is not a module. Prints the stage's key. */
const topLevel = `
const { createPipeline } = require(${JSON.stringify(library)});
const factor = Number(process.argv[1]);
class Base { static by = 10; }
const a = createPipeline({ store: "memory" }).stage("a", () => factor * Base.by);
a().then(async (value) => process.stdout.write(JSON.stringify([value, (await a.history())[0].key])));
`;

interface Printed {
  readonly keys: Readonly<Record<string, string>>;
  /** How this process writes hours, numbers and lists: proof that the places differ. */
  readonly about: readonly unknown[];
}

function keysIn(env: Readonly<Record<string, string>>, order: readonly string[] = names, turned = false): Printed {
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script, JSON.stringify([order, turned])], {
    env: { PATH: process.env.PATH, ...env },
    encoding: "utf8",
    timeout: 120_000,
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Printed;
}

describe("[P5] [P6] keys are equal", () => {
  let here: Printed;

  beforeAll(() => {
    expect(existsSync(library), "npm run build makes the library").toBe(true);
    here = keysIn({ LANG: "C", LC_ALL: "C", TZ: "UTC" });
  });

  test("every stage has a key, and no two share one", () => {
    expect(Object.keys(here.keys)).toEqual([...names].sort());
    expect(new Set(Object.values(here.keys)).size).toBe(names.length);
    expect(Object.values(here.keys)).toEqual(names.map(() => expect.stringMatching(/^[0-9a-f]{64}$/) as string));
  });

  test("in another process", () => {
    expect(keysIn({ LANG: "C", LC_ALL: "C", TZ: "UTC" })).toEqual(here);
  });

  test.each([
    { LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8", TZ: "Europe/Berlin" },
    { LANG: "sv_SE.UTF-8", LC_ALL: "sv_SE.UTF-8", TZ: "Asia/Kathmandu" },
    { LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", TZ: "America/St_Johns" },
  ])("in the language $LC_ALL and the time zone $TZ", (env) => {
    const there = keysIn(env);
    expect(there.about).not.toEqual(here.about);
    expect(there.keys).toEqual(here.keys);
  });

  test("when stages are defined in another order, and their inputs are written in another order", () => {
    const order = ["numbers", "words", "helpers", "binary", "below", "locale", "collections", "dates"];
    expect(keysIn({ LANG: "C", TZ: "UTC" }, order, true).keys).toEqual(here.keys);
  });

  test("[S4] and differ when a top-level name of a plain script has another value", () => {
    const [two, same, three] = ["2", "2", "3"].map((factor) => {
      const { stdout } = spawnSync(process.execPath, ["-e", topLevel, factor], { encoding: "utf8", timeout: 120_000 });
      return JSON.parse(stdout) as readonly [number, string];
    });
    expect(same).toEqual(two);
    expect([two?.[0], three?.[0]]).toEqual([20, 30]);
    expect(three?.[1]).not.toBe(two?.[1]);
  });
});
