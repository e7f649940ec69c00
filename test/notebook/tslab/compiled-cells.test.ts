/**
 * What an earlier process compiled: the same as compiling again, for as long as everything that the compiler looked at is the same. Each
 * pass is a process that loads TypeScript: in `npm test` one case of each kind.
 */
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"; // prettier-ignore
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadBuilt } from "../../rig/built";
import { isHeavy, orHeavy, part } from "../../rig/part";
import { createNotebookFolder, type NotebookFolder } from "../../rig/kernel/notebook-folder";
import { between, compilePass, type Pass } from "./cell-passes";
import { galleryCells, generatedCells, type Sequence } from "./corpus";

vi.setConfig({ testTimeout: 900_000 });

let folder: NotebookFolder;
let cache: string;
const made: string[] = [];

beforeEach(() => {
  folder = createNotebookFolder();
  cache = join(mkdtempSync(join(tmpdir(), "stagebook-cells-")), "cells");
  made.push(folder.path, join(cache, ".."));
});
afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true, force: true });
});

const start = `import { param, stage } from "stagebook";`;
const compile = (...cells: Sequence): Pass => compilePass(folder.path, [cells], cache);
const plain = (...cells: Sequence): Pass => compilePass(folder.path, [cells]);

describe("cells that were compiled before", () => {
  test("[H10] the gallery and generated cells: the same code, declarations, diagnostics and parameters, without TypeScript", () => {
    const sequences = isHeavy
      ? [...galleryCells(), ...generatedCells(3, 200)]
      : [...galleryCells().slice(-1), ...generatedCells(3, 10)];
    const expected = compilePass(folder.path, sequences);
    const first = compilePass(folder.path, sequences, cache);
    expect(first.notebooks).toEqual(expected.notebooks);
    expect(first.loadsTypeScript).toBe(true);
    const second = compilePass(folder.path, sequences, cache);
    expect(second.notebooks).toEqual(expected.notebooks);
    expect(second.loadsTypeScript).toBe(false);
    expect([...first.warnings, ...second.warnings]).toEqual([]);
  });

  test.runIf(isHeavy)("[H10] an edited cell: the cells from there on are as if all were compiled", () => {
    const [cells = []] = isHeavy ? galleryCells().slice(-1) : [generatedCells(5, 12)[0] ?? []];
    compilePass(folder.path, [cells], cache);
    const edited = part([0.3, 0.6, 0.99], 1).map((share) => {
      const at = Math.max(1, Math.floor(cells.length * share));
      return [...cells.slice(0, at), `${cells[at] ?? ""}\nconst editedHere = { n: 1, share: ${share} };`, ...cells.slice(at + 1), "editedHere.n;"]; // prettier-ignore
    });
    for (const sequence of edited)
      expect(compilePass(folder.path, [sequence], cache).notebooks).toEqual(
        compilePass(folder.path, [sequence]).notebooks,
      );
  });
});

test("[H10] TypeScript is asked about every comment at the head of a cell that could have a tag of tslab", async () => {
  const { mayHaveTags } = await loadBuilt<{ mayHaveTags: (source: string) => boolean }>("notebook/tslab/lazy-tslab");
  const { getCodeMetadata } = createRequire(import.meta.url)("tslab/dist/metadata.js") as {
    readonly getCodeMetadata: (source: string) => object;
  };
  const heads = [
    "",
    "\n",
    "// line\n",
    "/* plain */",
    "\u0085\u200b\ufeff",
    "#!/bin/x\n",
    "<<<<<<< a\n",
    "const x = 1;\n",
    "// a\u2028",
  ];
  const comments = ["/** @module m */", "/** @jsx */", "/**\n * Text.\n * @browser\n */", "/** @node */", "/** @param n */", "/** module */", "/** @mod\\u0075le m */", "/* @module m */", "// @module m"]; // prettier-ignore
  const sources = heads.flatMap((head) => comments.map((comment) => `${head}${comment}\nconst y = 2;`));
  const tagged = sources.filter((source) => Object.keys(getCodeMetadata(source)).length > 0);
  expect(tagged.length).toBeGreaterThan(20);
  expect(tagged.filter((source) => !mayHaveTags(source))).toEqual([]);
  expect(
    ["const a = 1;", "/** How. */\nparam()", "// @module m\nf()", "f() /** @module m */"].filter(mayHaveTags),
  ).toEqual([]);
});

describe("what the compiler looked at", () => {
  const helper = `import { two } from "./helper"; const four = two + two;`;

  /** Compiles, in a heavy run twice, changes something, and compiles again: as without the cache, and with TypeScript or not. */
  function expectAfter(change: () => void, loadsTypeScript: boolean, ...cells: Sequence): Pass {
    compile(...cells);
    if (isHeavy) expect(compile(...cells).loadsTypeScript).toBe(false);
    change();
    const third = compile(...cells);
    expect(third.notebooks).toEqual(plain(...cells).notebooks);
    expect(third.loadsTypeScript).toBe(loadsTypeScript);
    if (!isHeavy) return third;
    const fourth = compile(...cells);
    expect(fourth.notebooks).toEqual(third.notebooks);
    expect(fourth.loadsTypeScript).toBe(false);
    return third;
  }

  test("[H10] an edited local module is compiled again", () => {
    folder.write("helper.ts", `export const two = 2;`);
    const { notebooks } = expectAfter(() => folder.write("helper.ts", `export const two = 3;`), true, start, helper);
    expect(JSON.stringify(notebooks)).toContain("two = 3");
  });

  test.runIf(isHeavy)("[H10] an edit of the same length within the same moment counts", () => {
    folder.write("helper.ts", `export const two = 2;`);
    const { atime, mtime } = statSync(join(folder.path, "helper.ts"));
    compile(start, helper);
    folder.write("helper.ts", `export const two = 3;`);
    utimesSync(join(folder.path, "helper.ts"), atime, mtime);
    expect(JSON.stringify(compile(start, helper).notebooks)).toContain("two = 3");
  });

  test.runIf(isHeavy)("[H10] a file that was only touched counts as unchanged", () => {
    folder.write("helper.ts", `export const two = 2;`);
    expectAfter(() => folder.write("helper.ts", `export const two = 2;`), false, start, helper);
  });

  test.runIf(isHeavy)("[H10] a module that takes precedence over the one that was found", () => {
    folder.write("helper/index.ts", `export const two = 2;`);
    expectAfter(() => folder.write("helper.ts", `export const two = "two";`), true, start, helper);
  });

  test.runIf(isHeavy)("[H10] a module that was missing, and one that was removed", () => {
    const { notebooks } = expectAfter(() => folder.write("helper.ts", `export const two = 2;`), true, start, helper);
    expect(JSON.stringify(notebooks)).not.toContain("Cannot find");
    const removed = expectAfter(() => rmSync(join(folder.path, "helper.ts")), true, start, helper);
    expect(JSON.stringify(removed.notebooks)).toContain("Cannot find");
  });

  test("[H10] a package that is installed, updated and removed", () => {
    const cell = `import { value } from "shelf"; const read = value;`;
    const install = (type: string): void => {
      folder.write("node_modules/shelf/package.json", `{ "name": "shelf", "version": "1.0.0", "types": "index.d.ts" }`);
      folder.write("node_modules/shelf/index.d.ts", `export declare const value: ${type};`);
    };
    expectAfter(() => install("number"), true, start, cell);
    if (!isHeavy) return;
    expect(JSON.stringify(expectAfter(() => install("string"), true, start, cell).notebooks)).toContain("string");
    const moved = (): void => {
      folder.write("node_modules/shelf/package.json", `{ "name": "shelf", "version": "2.0.0", "types": "main.d.ts" }`);
      folder.write("node_modules/shelf/main.d.ts", `export declare const value: Date;`);
    };
    expect(JSON.stringify(expectAfter(moved, true, start, cell).notebooks)).toContain("Date");
    const remove = (): void => rmSync(join(folder.path, "node_modules"), { recursive: true });
    expect(JSON.stringify(expectAfter(remove, true, start, cell).notebooks)).toContain("Cannot find");
  });

  test.runIf(isHeavy)("[H10] types that are installed for all cells", () => {
    const install = (): void => {
      folder.write("node_modules/@types/globe/package.json", `{ "name": "@types/globe", "version": "1.0.0", "types": "index.d.ts" }`); // prettier-ignore
      folder.write("node_modules/@types/globe/index.d.ts", `declare const globe: "round";`);
      folder.write("node_modules/@types/node/package.json", `{ "name": "@types/node", "version": "1.0.0", "types": "index.d.ts" }`); // prettier-ignore
      folder.write("node_modules/@types/node/index.d.ts", ``);
    };
    folder.write("node_modules/@types/other/package.json", `{ "name": "@types/other", "version": "1.0.0", "types": "index.d.ts" }`); // prettier-ignore
    folder.write("node_modules/@types/other/index.d.ts", ``);
    expectAfter(install, true, start, `const shape = globe;`);
  });

  test.runIf(isHeavy)("[H10] another choice of repairs does not share what was compiled", () => {
    compile(start, "namespace Kept { export const n = 1 }", "Kept.n");
    const other = compilePass(
      folder.path,
      [[start, "namespace Kept { export const n = 1 }", "Kept.n"]],
      cache,
      "plain",
    );
    expect(other.loadsTypeScript).toBe(true);
  });
});

describe("local modules within one process", () => {
  const write = (text: string): string =>
    between(`require("node:fs").writeFileSync("helper.ts", ${JSON.stringify(text)})`);
  const one = `import { two } from "./helper"; const first = two;`;
  const again = `import { two as later } from "./helper"; const second = later;`;

  test("[H10] a module is compiled once, and again once it was edited between cells", () => {
    const edits = [start, write("export const two = 2;"), one, again, write("export const two = 33;"), "first;", again];
    const expected = plain(...edits);
    const sides = (pass: Pass): readonly unknown[] =>
      (pass.notebooks[0] ?? []).map(({ converted }) => (converted as { sideOutputs?: readonly unknown[] }).sideOutputs?.length ?? 0); // prettier-ignore
    expect(sides(expected)).toEqual([0, 1, 0, 0, 1]);
    // The file is as the process before has left it, not as this one found it: compiled again until it settles.
    for (let pass = 0; pass < orHeavy(2, 3); pass++) expect(compile(...edits).notebooks).toEqual(expected.notebooks);
  });

  test.runIf(isHeavy)("[H10] a compiler that is loaded later does not compile again what cells have loaded", () => {
    folder.write("helper.ts", "export const two = 2;");
    compile(start, one, "first;");
    const cells = [start, one, again, "second + 1;"];
    expect(compile(...cells).notebooks).toEqual(plain(...cells).notebooks);
  });

  test.runIf(isHeavy)("[H10] a module that a cell writes in the same way each time does not load TypeScript", () => {
    const cells = [start, write("export const two = 2;"), one, write("export const two = 2;"), again];
    const expected = plain(...cells);
    compile(...cells);
    const second = compile(...cells);
    expect(second.notebooks).toEqual(expected.notebooks);
    expect(second.loadsTypeScript).toBe(false);
  });
});

describe("the folder", () => {
  const cells = [start, `const n = param("n", 1 as 1 | 2);`];
  const files = (): readonly string[] => readdirSync(cache).map((name) => join(cache, name));

  test.each(part([0o770, 0o707], 1))(
    "[H11] is this user's alone, and not used when others may write to it (%o)",
    (mode) => {
      compile(...cells);
      expect(statSync(cache).mode & 0o777).toBe(0o700);
      expect(files().map((file) => statSync(file).mode & 0o777)).toEqual([0o600]);
      chmodSync(cache, mode);
      const pass = compile(...cells);
      expect(pass.loadsTypeScript).toBe(true);
      expect(pass.warnings).toEqual([`compiled cells are not kept in ${cache}: other users can write there`]);
      chmodSync(cache, 0o700);
      for (const file of files()) chmodSync(file, 0o622);
      expect(compile(...cells).loadsTypeScript).toBe(true);
      expect(files().map((file) => statSync(file).mode & 0o777)).toEqual([0o600]);
    },
  );

  test("[H11] damaged files are ignored and written again", () => {
    const { notebooks: expected } = compile(...cells);
    if (isHeavy) expect(expected).toEqual(plain(...cells).notebooks);
    const [file = ""] = files();
    const whole = readFileSync(file, "utf8");
    const damages = [whole.replace(/const n/g, "const m"), "", "{}", whole.slice(0, -9), whole.slice(1)];
    for (const damaged of part(damages, 1)) {
      writeFileSync(file, damaged);
      const pass = compile(...cells);
      expect(pass.notebooks).toEqual(expected);
      expect(pass.loadsTypeScript).toBe(true);
      expect(readFileSync(file, "utf8")).not.toBe(damaged);
      if (isHeavy) expect(compile(...cells).loadsTypeScript).toBe(false);
    }
  });

  test.runIf(isHeavy)("[H11] a folder that cannot be written costs one line", () => {
    mkdirSync(join(cache, ".."), { recursive: true });
    writeFileSync(cache, "a file in its place");
    const pass = compile(...cells);
    expect(pass.notebooks).toEqual(plain(...cells).notebooks);
    expect(pass.warnings).toHaveLength(1);
    expect(pass.warnings[0]).toMatch(/^compiled cells cannot be/);
  });

  test.runIf(isHeavy)("[H11] what was not used for longest is removed when there is too much", () => {
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    const old = [1, 2, 3].map((n) => join(cache, `old-${n}.json`));
    for (const [at, file] of old.entries()) {
      writeFileSync(file, Buffer.alloc(30 * 2 ** 20));
      utimesSync(file, at + 1, at + 1);
    }
    compile(...cells);
    expect(old.map((file) => files().includes(file))).toEqual([false, true, true]);
  });
});
