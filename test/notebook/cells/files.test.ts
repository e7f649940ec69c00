/** The files of a folder or glob as an input of stages in cells. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openNotebook, ran, type Notebook } from "../../rig/kernel/notebook";

let notebook: Notebook;
beforeAll(async () => {
  notebook = await openNotebook();
  notebook.write("data/a.csv", "1");
  notebook.write("data/b.csv", "2");
  await notebook.cells({
    import: `import { files, each, type FileHandle } from "stagebook";`,
    sum: `const sum = stage("sum", { sources: files("data/*.csv") }, async ({ sources }) => {
      ${ran("sum")}
      return (await Promise.all(sources.map((source) => source.json<number>()))).reduce((a, b) => a + b, 0);
    });`,
    source: `const folder = files("data");`,
    byName: `const byName = stage("byName", () => { ${ran("byName")} return folder.pattern; });`,
    show: `console.log(await sum(), await byName());`,
  });
});
afterAll(() => notebook.kernel.stop());

test("[S9] [O8] a file that is added, changed or removed makes the stage and its cell stale, and the reason names it", async () => {
  const edits = [
    [() => notebook.write("data/c.csv", "3"), "file data/c.csv is new", "6"],
    [() => notebook.write("data/c.csv", "4"), "file data/c.csv changed", "7"],
    [() => rmSync(join(notebook.kernel.cwd, "data/b.csv")), "file data/b.csv is gone", "5"],
  ] as const;
  for (const [edit, reason, sum] of edits) {
    edit();
    expect(await notebook.read("(await sum.explain()).reasons.join()")).toBe(reason);
    await notebook.cell("any", "1;");
    expect([notebook.status("sum"), notebook.reasons("sum"), notebook.reasons("byName")]).toEqual(["stale", [reason], [reason]]); // prettier-ignore
    expect(notebook.view.cells.show?.status).toBe("stale");
    expect(notebook.view.cells.source?.status).toBe("fresh");
    const { text } = await notebook.cell("show", "console.log(await sum(), await byName());");
    expect(text.trim()).toBe(`${sum} data`);
  }
});

test("[D6] the page knows them as inputs of their own kind", () => {
  expect(notebook.view.stages.sum?.inputs).toEqual([
    { path: "sources", kind: "files", name: "data/*.csv", implicit: false },
  ]);
  expect(notebook.view.stages.byName?.inputs).toEqual([
    { path: "folder", kind: "files", name: "data", implicit: true },
  ]);
});

test("[D9] the list and its items are typed, also for each", async () => {
  await notebook.cell("typed", `const typed = each("typed", files("data/*.csv"), async (source) => (await source.text()).length);
    const total: number = (await typed.toArray()).reduce((a, b) => a + b, 0);
    const list: FileHandle[] = await stage("list", { all: files("data") }, ({ all }) => { const same: FileHandle[] = all; return same.length; })() as any;`); // prettier-ignore
  const wrong = async (code: string): Promise<string> => notebook.failing("wrong", code);
  expect(await wrong(`stage("w1", { all: files("data") }, ({ all }) => all.text());`)).toMatch(/text.*does not exist/);
  expect(await wrong(`stage("w2", { all: files("data") }, ({ all }) => all[0].txt());`)).toMatch(/txt.*does not exist/);
  expect(await wrong(`each("w3", files("data"), (one) => one.length);`)).toMatch(/length.*does not exist/);
  expect(await wrong(`files(["a", "b"]);`)).toMatch(/not assignable.*string/);
  await notebook.cell("wrong", "1;");
});

test("[Y1] file() of a folder says what to write instead", async () => {
  await notebook.cell(
    "folder",
    `const wrongFile = stage("wrongFile", { data: file("data") }, ({ data }) => data.path);`,
  );
  expect(await notebook.failing("run", "await wrongFile();")).toMatch(/file "data" is a folder[^]*files\("data"\)/);
  await notebook.cell("folder", "1;");
});

test("printed, it says what to do with it", async () => {
  expect(await notebook.read("folder")).toBe('files data: pass it as an input, { sources: files("data") }');
});
