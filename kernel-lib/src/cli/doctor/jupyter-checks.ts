/** The checks of `stagebook doctor` on the side of Jupyter: JupyterLab, the kernel spec of tslab, the extension. */
import fs from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { isAtLeast, ok, outputOf, type Finding, type Surroundings } from "./check";

const LAB = "4.2.0";
const REGISTER = 'npx tslab install --sys-prefix --binary "$PWD/node_modules/.bin/tslab"';

export function checkLab(where: Surroundings): Finding {
  const check = "JupyterLab";
  const fix = 'pip install "jupyterlab>=4.2,<5"';
  const found = /\d+\.\d+\.\d+\S*/.exec(outputOf(where, ["jupyter", "lab", "--version"]) ?? "")?.[0];
  if (found === undefined)
    return { check, status: "error", found: "not found", problem: "no `jupyter lab` on the PATH", fix };
  if (isAtLeast(found, LAB) && !isAtLeast(found, "5")) return ok(check, found);
  return { check, status: "error", found, problem: `supported are ${LAB} and newer, below 5`, fix };
}

interface KernelSpec {
  readonly resource_dir: string;
  readonly spec: { readonly argv: readonly string[]; readonly language: string };
}

/** A kernel of tslab is registered, and what it starts exists. */
export function checkKernelSpec(where: Surroundings): Finding {
  const check = "kernel spec";
  const list = outputOf(where, ["jupyter", "kernelspec", "list", "--json"]);
  const specs = list === undefined ? undefined : readSpecs(list);
  if (!specs) return { check, status: "error", found: "not found", problem: "Jupyter lists no kernels", fix: REGISTER };
  const [found] = Object.entries(specs).filter(([name, { spec }]) => name === "tslab" || spec.argv.some((arg) => /tslab/.test(arg) && !spec.argv.includes("--js"))); // prettier-ignore
  if (!found) {
    const names = Object.keys(specs).join(", ") || "none";
    return { check, status: "error", found: names, problem: "the kernel of tslab is not registered", fix: REGISTER };
  }
  const [name, { spec, resource_dir: folder }] = found;
  const missing = spec.argv.find((arg) => path.isAbsolute(arg) && !fs.existsSync(arg));
  const text = `${name} in ${folder}`;
  if (missing !== undefined)
    return {
      check,
      status: "error",
      found: text,
      problem: `it starts ${missing}, which does not exist`,
      fix: REGISTER,
    };
  return ok(check, text);
}

/** `version`: of this command. */
export function checkExtension(where: Surroundings, version: string): Finding {
  const check = "extension";
  const fix = `pip install jupyterlab-stagebook==${version}`;
  const list = outputOf(where, ["jupyter", "labextension", "list"]) ?? "";
  // Colored, as `jupyterlab-stagebook v0.1.0 enabled OK`.
  const line = stripVTControlCharacters(list).split("\n").find((each) => /\bjupyterlab-stagebook v/.test(each)); // prettier-ignore
  if (line === undefined)
    return { check, status: "warning", found: "not installed", problem: "JupyterLab has no sidebar", fix };
  const found = /v(\S+)/.exec(line)?.[1] ?? "";
  if (/disabled/.test(line)) {
    const enable = "jupyter labextension enable jupyterlab-stagebook";
    return { check, status: "warning", found, problem: "it is disabled", fix: enable };
  }
  if (found === version) return ok(check, found);
  return { check, status: "warning", found, problem: `the command has version ${version}`, fix };
}

function readSpecs(text: string): Readonly<Record<string, KernelSpec>> | undefined {
  try {
    // Warnings may come before it.
    const json = text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1);
    return (JSON.parse(json) as { readonly kernelspecs: Readonly<Record<string, KernelSpec>> }).kernelspecs;
  } catch {
    // Another version prints something else: the same as no list.
    return undefined;
  }
}
