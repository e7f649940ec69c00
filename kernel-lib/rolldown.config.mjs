/**
 * The JavaScript of the package, in lib/: one file for each entry, and chunks with the modules that entries share. Bundled because loading
 * hundreds of small files delays the first cell of each notebook. The TypeScript compiler checks the types and writes their declarations.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "rolldown";

const folder = import.meta.dirname;
const source = join(folder, "src");
const built = join(folder, "lib");

/** What users import and programs start, and the files that are loaded when they are first needed (`lazyFile`). */
export const entries = [
  "index",
  "protocol/index",
  "drawing/index",
  "drawing/layout",
  "worker",
  "cli/main",
  "export/picture",
];

/** @param {string} name of a module, its path in src/ */
export const moduleFile = (name) => join(source, `${name}.ts`);

const entryModules = entries.map(moduleFile);

/** How each module is compiled. @satisfies {import("rolldown").InputOptions} */
export const compilation = {
  cwd: folder,
  platform: "node",
  tsconfig: "tsconfig.json",
  external: /^[^./]/,
};

/** @satisfies {import("rolldown").OutputOptions} */
export const format = {
  format: "cjs",
  strict: true,
  // As the TypeScript compiler writes modules.
  exports: "named",
  esModule: true,
  generatedCode: { symbols: false },
  dynamicImportInCjs: false,
  comments: false,
  // Messages and stacks name functions and classes.
  keepNames: true,
};

/** What an earlier build left behind would be published. */
function removeBuilt() {
  for (const name of readdirSync(built, { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".js")) rmSync(join(built, name));
  }
}

export default defineConfig({
  ...compilation,
  input: Object.fromEntries(entries.map((name) => [name, moduleFile(name)])),
  plugins: [{ name: "remove-built", buildStart: removeBuilt }],
  output: {
    ...format,
    dir: "lib",
    // Named after the entries that share it.
    chunkFileNames: ({ name }) => `chunks/${name.replace("modules~", "").replaceAll("/", "-")}.js`,
    codeSplitting: {
      // An entry holds its own module alone: a session of the command line evaluates lib/index.js again, and nothing else.
      groups: [{ name: "modules", test: (id) => !entryModules.includes(id), entriesAware: true, tags: ["$initial"] }],
    },
  },
});
