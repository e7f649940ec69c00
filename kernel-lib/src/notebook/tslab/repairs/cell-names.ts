/**
 * `import.meta`, `__dirname` and `__filename`, which the types of Node.js promise and a cell of tslab lacks. They are those of the
 * notebook, as in a module in its place. They are written into the compiled code as texts, so that they count in the key of a stage.
 */
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Repair } from "./repair";

export const cellNames: Repair = {
  name: "cell-names",
  install({ notebook, names }) {
    const [dirname, filename, url] = [path.dirname(notebook), notebook, pathToFileURL(notebook).href].map((text) => JSON.stringify(text)) as [string, string, string]; // prettier-ignore
    const resolve = '(id) => require("node:url").pathToFileURL(require.resolve(id)).href';
    names.set("__dirname", dirname);
    names.set("__filename", filename);
    names.set("import.meta.dirname", dirname);
    names.set("import.meta.filename", filename);
    names.set("import.meta.url", url);
    names.set("import.meta", `({ dirname: ${dirname}, filename: ${filename}, url: ${url}, resolve: ${resolve} })`);
  },
};
