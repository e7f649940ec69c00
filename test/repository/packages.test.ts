/** The contents and metadata of the two packages. That they install and work is tested in test/heavy. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { entries } from "../../kernel-lib/rolldown.config.mjs";
import { extension } from "../../.dev/lib/project.mjs";
import { repository } from "../rig/kernel/notebook-folder";

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly main: string;
  readonly types: string;
  readonly bin: { readonly [name: string]: string };
  readonly exports: { readonly [path: string]: string | { readonly [condition: string]: string } };
  readonly dependencies: { readonly [name: string]: string };
  readonly publishConfig: { readonly provenance: boolean };
  readonly jupyterlab: { readonly sharedPackages: { readonly [name: string]: false | { requiredVersion: string } } };
}

const read = (...path: string[]): string => readFileSync(join(repository, ...path), "utf8");
const manifestOf = (folder: string): Manifest => JSON.parse(read(folder, "package.json")) as Manifest;
const [kernel, lab] = [manifestOf("kernel-lib"), manifestOf("lab-extension")];

/** The files that `npm pack` would put into the package. */
function listPacked(folder: string): string[] {
  const command = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const output = execFileSync("npm", command, { cwd: join(repository, folder), encoding: "utf8", stdio: "pipe" });
  const [{ files }] = JSON.parse(output) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path).sort();
}

/** The files of the build that the entries load, themselves included. */
function filesReachedFrom(names: readonly string[]): string[] {
  const files = new Set<string>();
  const waiting = names.map((name) => `lib/${name}.js`);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const [, name = ""] of read("kernel-lib", file).matchAll(/\brequire\("(\.[^"]+)"\)/g))
      waiting.push(join(dirname(file), name));
  }
  return [...files];
}

describe("the npm package stagebook", () => {
  const packed = listPacked("kernel-lib");

  test("[setup] it contains what was compiled from its sources, schema, README, changelog and license, and nothing else", () => {
    const sources = readdirSync(join(repository, "kernel-lib", "src"), { recursive: true, encoding: "utf8" })
      // A declaration of a package that has none compiles to nothing.
      .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
      .map((path) => path.replace(/\.ts$/, ""));
    const compiled = [...sources.map((path) => `lib/${path}.d.ts`), ...filesReachedFrom(entries)];
    expect(packed.filter((path) => path.startsWith("lib/"))).toEqual(compiled.sort());
    expect(packed.filter((path) => !path.startsWith("lib/"))).toEqual(
      ["CHANGELOG.md", "LICENSE", "README.md", "bin/stagebook.js", "package.json", "schema/cli.schema.json"], // prettier-ignore
    );
  });

  test("[setup] it contains every path that its package.json names", () => {
    const exported = Object.values(kernel.exports).flatMap((target) =>
      typeof target === "string" ? [target] : Object.values(target),
    );
    const named = [kernel.main, kernel.types, ...Object.values(kernel.bin), ...exported];
    expect(named.map((path) => path.replace(/^\.\//, "")).filter((path) => !packed.includes(path))).toEqual([]);
  });

  test("[setup] an import loads a few files of its own, no dependency, and not what Node keeps for fetch", () => {
    const code = `require(${JSON.stringify(join(repository, "kernel-lib"))});
      console.log(JSON.stringify([Object.keys(require.cache), process.moduleLoadList]));`;
    const output = execFileSync(process.execPath, ["-e", code], { encoding: "utf8" });
    const [files, parts] = JSON.parse(output) as [string[], string[]];
    expect(files.filter((file) => !file.startsWith(join(repository, "kernel-lib", "lib")))).toEqual([]);
    expect(files.length).toBeLessThan(20);
    expect(parts.filter((part) => part.includes("undici"))).toEqual([]);
  });

  test("[setup] its command is a Node.js program", () => {
    expect(read("kernel-lib", kernel.bin.stagebook ?? "")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  test("[setup] npm links its command in a fresh clone, before anything is built", () => {
    // npm links a command only if its file exists when it installs: the file must be in the repository, not in lib/.
    const tracked = execFileSync("git", ["ls-files", "kernel-lib/bin"], { cwd: repository, encoding: "utf8" });
    expect(tracked.trim().split("\n")).toEqual([`kernel-lib/${kernel.bin.stagebook}`]);
    const linked = join(
      repository,
      "node_modules",
      ".bin",
      process.platform === "win32" ? "stagebook.cmd" : "stagebook",
    );
    expect(execFileSync(linked, ["--version"], { encoding: "utf8" }).trim()).toBe(kernel.version);
  });

  test("[setup] nothing in it refers to a source map", () => {
    const referring = packed.filter((path) => path.startsWith("lib/") && read("kernel-lib", path).includes("sourceMappingURL=")); // prettier-ignore
    expect(referring).toEqual([]);
  });
});

describe("both packages", () => {
  test("[setup] they have one version, and each changelog describes it", () => {
    expect(lab.version).toBe(kernel.version);
    expect(lab.dependencies.stagebook).toBe(kernel.version);
    expect(read("lab-extension", "jupyterlab_stagebook", "__init__.py")).toContain(`__version__ = "${kernel.version}"`);
    for (const folder of ["kernel-lib", "lab-extension"])
      expect(read(folder, "CHANGELOG.md")).toMatch(new RegExp(`^## (\\[?${kernel.version}\\]?|\\[?Unreleased)`, "m"));
  });

  test("[setup] each contains the license that it names, and is published with provenance", () => {
    for (const folder of ["kernel-lib", "lab-extension"]) expect(read(folder, "LICENSE")).toBe(read("LICENSE"));
    for (const { license, publishConfig } of [kernel, lab])
      expect([license, publishConfig.provenance]).toEqual(["BSD-3-Clause", true]);
  });
});

describe("the JupyterLab extension", () => {
  const text = join(extension.built, "THIRD-PARTY-LICENSES.txt");
  const listed = (
    JSON.parse(readFileSync(join(extension.built, "static", "third-party-licenses.json"), "utf8")) as {
      packages: { name: string; licenseId: string; extractedText: string }[];
    }
  ).packages;

  test("[setup] it contains the license text of everything that is bundled", () => {
    // Direct dependencies, one whose modules are concatenated with others, one inside another package's file.
    for (const name of ["@xyflow/react", "rxjs", "d3-zoom", "@dagrejs/graphlib"])
      expect(listed.map(({ name }) => name)).toContain(name);
    const words = readFileSync(text, "utf8");
    for (const { name, licenseId, extractedText } of listed) {
      expect([name, licenseId]).toEqual([name, expect.stringMatching(/^(MIT|ISC|0BSD|BSD-3-Clause|Apache-2\.0)$/)]);
      expect(extractedText.length, name).toBeGreaterThan(400);
      expect(words.includes(extractedText), name).toBe(true);
    }
    expect(existsSync(text)).toBe(true);
  });

  test("[setup] it requires no newer packages than the oldest supported JupyterLab has", () => {
    for (const [name, shared] of Object.entries(lab.jupyterlab.sharedPackages))
      if (shared !== false) expect([name, shared.requiredVersion]).toEqual([name, lab.dependencies[name]]);
    const oldest = /"jupyterlab>=(4\.\d+),<5"/.exec(read("lab-extension", "pyproject.toml"))?.[1] ?? "";
    expect(lab.dependencies["@jupyterlab/notebook"]).toBe(`^${oldest}.0`);
    for (const readme of ["README.md", "lab-extension/README.md"])
      expect(read(readme)).toContain(`JupyterLab ${oldest} or newer`);
  });
});
