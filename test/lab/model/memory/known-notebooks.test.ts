/** Which notebook the browser knows: renames, moves, copies, new files with old names, and other servers at the same address. */
import { beforeEach, describe, expect, test } from "vitest";
import { KnownNotebooks } from "../../../../lab-extension/src/model/memory/known-notebooks";
import type { BrowserValues } from "../../../../lab-extension/src/model/memory/known-notebooks";

/** The files of a server: the random ids of the cells by path. */
type Files = Record<string, readonly string[]>;

let values: Map<string, unknown>;
let browser: BrowserValues;
beforeEach(() => {
  values = new Map();
  browser = {
    get: async (name) => values.get(name),
    set: async (name, value) => void values.set(name, value),
    delete: async (name) => void values.delete(name),
    update: async (name, change) => void values.set(name, change(values.get(name))),
  };
});

const idOf = (text: string): string => Buffer.from(text.padEnd(4, "_")).toString("hex").slice(0, 8);
const cellsOf = (ids: readonly string[]) => ids.map((id) => ({ id: idOf(id), source: `"${id}"` }));

function openServer(files: Files, server = "http://x/ /root") {
  const known = new KnownNotebooks({
    server,
    values: browser,
    find: async (path) => (files[path] ? { path, cells: cellsOf(files[path]) } : null),
  });
  const page = (path: string) => ({ path, cells: cellsOf(files[path] ?? []) });
  return { keyOf: (path: string) => known.keyOf(page(path)), changed: (key: string, path: string) => known.changed(key, page(path)) }; // prettier-ignore
}

describe("[N2] the key of a notebook in the browser", () => {
  test("[N2] is the same at each visit, after edits, a rename and a move", async () => {
    const files: Files = { "nb.ipynb": ["a1", "a2"] };
    const { keyOf } = openServer(files);
    const key = await keyOf("nb.ipynb");
    files["nb.ipynb"] = ["a1", "n1", "n2"];
    expect(await keyOf("nb.ipynb")).toBe(key);
    files["deep/other.ipynb"] = files["nb.ipynb"];
    delete files["nb.ipynb"];
    expect(await keyOf("deep/other.ipynb")).toBe(key);
    files["nb.ipynb"] = ["b1", "b2"];
    expect(await keyOf("nb.ipynb")).not.toBe(key);
    expect(await keyOf("deep/other.ipynb")).toBe(key);
  });

  test("[N2] follows a rename while the notebook is open, and cells that are replaced until it is saved", async () => {
    const files: Files = { "nb.ipynb": ["a1", "a2"] };
    const { keyOf, changed } = openServer(files);
    const key = await keyOf("nb.ipynb");
    files["other.ipynb"] = ["n1", "n2"];
    delete files["nb.ipynb"];
    await changed(key, "other.ipynb");
    expect(await keyOf("other.ipynb")).toBe(key);
  });

  test("[N1] a copy has another key, and so has a new notebook of an old name", async () => {
    const files: Files = { "nb.ipynb": ["a1", "a2"], "copy.ipynb": ["a1", "a2"], "a/nb.ipynb": ["c1"] };
    const { keyOf } = openServer(files);
    const keys = [await keyOf("nb.ipynb"), await keyOf("copy.ipynb"), await keyOf("a/nb.ipynb")];
    files["nb.ipynb"] = ["b1"];
    keys.push(await keyOf("nb.ipynb"));
    expect(new Set(keys).size).toBe(4);
  });

  test("[N4] servers with other roots have other notebooks, whatever their paths and cells", async () => {
    const files: Files = { "nb.ipynb": ["a1", "a2"] };
    const one = await openServer(files, "http://x/ /one").keyOf("nb.ipynb");
    expect(await openServer(files, "http://x/ /two").keyOf("nb.ipynb")).not.toBe(one);
    expect(await openServer(files, "http://x/ /one").keyOf("nb.ipynb")).toBe(one);
  });

  test("[N4] so has a server whose root has the same name, unless the cells are the same", async () => {
    const one = await openServer({ "nb.ipynb": ["a1", "a2"] }).keyOf("nb.ipynb");
    expect(await openServer({ "nb.ipynb": ["b1", "b2"] }).keyOf("nb.ipynb")).not.toBe(one);
  });

  test("[N2] two tabs that open a notebook for the first time agree on its key", async () => {
    const { keyOf } = openServer({ "nb.ipynb": ["a1"] });
    const [one, two] = await Promise.all([keyOf("nb.ipynb"), keyOf("nb.ipynb")]);
    expect(one).toBe(two);
  });

  test("[N2] presets of an earlier version, which kept them by path, are taken over once", async () => {
    values.set("stagebook:presets:nb.ipynb", [{ name: "low", values: {} }]);
    const files: Files = { "nb.ipynb": ["a1"] };
    const { keyOf } = openServer(files);
    const key = await keyOf("nb.ipynb");
    expect(values.get(`stagebook:presets:${key}`)).toEqual([{ name: "low", values: {} }]);
    files["nb.ipynb"] = ["b1"];
    expect(values.get(`stagebook:presets:${await keyOf("nb.ipynb")}`)).toBeUndefined();
  });

  test("[N2] without a database, or with a damaged one, a notebook still has a key", async () => {
    values.set("stagebook:notebooks:http://x/ /root", [{ key: 1 }, null, "x"]);
    const key = await openServer({ "nb.ipynb": ["a1"] }).keyOf("nb.ipynb");
    expect(await openServer({ "nb.ipynb": ["a1"] }).keyOf("nb.ipynb")).toBe(key);
    browser = { ...browser, get: () => Promise.reject(new Error("no database")) };
    expect(await openServer({ "nb.ipynb": ["a1"] }).keyOf("nb.ipynb")).toBe("http://x/ /root nb.ipynb");
  });
});
