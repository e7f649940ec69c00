/** Builds the two packages of the workspace when their sources have changed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { digestFiles, run } from "./command.mjs";
import { cache, extension, modules, root } from "./project.mjs";

const advice = "Fix the errors above and start again.";
const tsc = join(modules, "typescript", "bin", "tsc");
const kernelFolder = join(root, "kernel-lib");
const labFolder = join(root, "lab-extension");
const lock = join(root, "package-lock.json");

/** The npm package `stagebook`, for the kernel. @type {import("./progress.mjs").Step} */
export const kernelLib = createBuild({
  name: "kernel library",
  sources: [join(kernelFolder, "src"), join(kernelFolder, "package.json"), join(kernelFolder, "tsconfig.json"), lock],
  output: join(kernelFolder, "lib", "index.js"),
  async build() {
    removeOrphans(join(kernelFolder, "lib"), join(kernelFolder, "src"));
    await run("build-kernel-lib", process.execPath, [tsc, "-b", kernelFolder], { advice });
  },
});

/** The JupyterLab extension. Its types come from the kernel library. @type {import("./progress.mjs").Step} */
export const labExtension = createBuild({
  name: "JupyterLab extension",
  sources: [
    ...["src", "style", "schema", "package.json", "tsconfig.json", "webpack.config.cjs"].map((name) =>
      join(labFolder, name),
    ),
    join(kernelFolder, "src", "protocol"),
    join(kernelFolder, "package.json"),
    lock,
  ],
  output: join(extension.built, "package.json"),
  async build() {
    removeOrphans(join(labFolder, "lib"), join(labFolder, "src"));
    await run("build-lab-extension", process.execPath, [tsc, "-b", labFolder], { advice });
    const builder = join(modules, "@jupyter", "builder", "lib", "build-labextension.js");
    const core = join(modules, "@jupyterlab", "core-meta", "core.package.json");
    // Anywhere but in the extension's folder it would fail, after emptying the output.
    await run("build-lab-extension", process.execPath, [builder, "--core-package-file", core, "."], {
      cwd: labFolder,
      advice,
      append: true,
    });
  },
});

/**
 * @param {{ name: string, sources: readonly string[], output: string, build: () => Promise<void> }} options
 * @returns {import("./progress.mjs").Step}
 */
function createBuild({ name, sources, output, build }) {
  const stamp = join(cache, "stamps", name.replaceAll(" ", "-"));
  return {
    name,
    isCurrent: () => existsSync(output) && existsSync(stamp) && readFileSync(stamp, "utf8") === digestFiles(sources),
    async work() {
      // Taken first: an edit during the build makes the next start build again.
      const digest = digestFiles(sources);
      rmSync(stamp, { force: true });
      await build();
      mkdirSync(dirname(stamp), { recursive: true });
      writeFileSync(stamp, digest);
    },
  };
}

/**
 * Removes what was compiled from sources that are gone, so that nothing can load it any more.
 * @param {string} output
 * @param {string} sources
 */
function removeOrphans(output, sources) {
  if (!existsSync(output)) return;
  for (const name of readdirSync(output)) {
    const path = join(output, name);
    if (statSync(path).isDirectory()) {
      if (existsSync(join(sources, name))) removeOrphans(path, join(sources, name));
      else rmSync(path, { recursive: true });
      continue;
    }
    const source = name.match(/^(.+?)(?:\.d\.ts|\.js)(?:\.map)?$/)?.[1];
    if (source !== undefined && ![".ts", ".tsx"].some((suffix) => existsSync(join(sources, source + suffix))))
      rmSync(path);
  }
}
