/** `stagebook doctor`: what it finds in folders with and without an installation. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { documentOf, stagebook, type CommandDocument } from "../rig/command-rig";
import { createNotebookFolder, repository } from "../rig/kernel/notebook-folder";

const complete = createNotebookFolder();
const empty = mkdtempSync(join(tmpdir(), "stagebook-doctor-"));
const version = "0.1.0";
afterAll(() => {
  complete.remove();
  rmSync(empty, { recursive: true, force: true });
});

/** A program `jupyter` that prints what Jupyter's own does. */
function jupyter(prints: { readonly lab?: string; readonly specs?: object; readonly extensions?: string }): string {
  const folder = mkdtempSync(join(empty, "bin-"));
  const texts = { lab: prints.lab ?? "", kernelspec: JSON.stringify({ kernelspecs: prints.specs ?? {} }), labextension: prints.extensions ?? "" }; // prettier-ignore
  writeFileSync(
    join(folder, "jupyter"),
    `#!${process.execPath}\nprocess.stdout.write(${JSON.stringify(texts)}[process.argv[2]] + "\\n");\n`,
  );
  chmodSync(join(folder, "jupyter"), 0o755);
  return folder;
}

const spec = (program: string): object => ({
  tslab: {
    resource_dir: "/share/tslab",
    spec: { argv: [program, "kernel", "{connection_file}"], language: "typescript" },
  },
});

interface Found {
  readonly check: string;
  readonly status: string;
  readonly problem?: string;
  readonly fix?: string;
}

async function doctor(
  cwd: string,
  path: string,
  env: Record<string, string> = {},
): Promise<{ code: number | null; findings: readonly Found[] }> {
  // Of the machine's programs only Node.js.
  const bin = join(empty, "node-only");
  mkdirSync(bin, { recursive: true });
  const end = await stagebook(["doctor", "--json"], {
    cwd,
    env: { PATH: [path, dirname(process.execPath)].join(delimiter), ...env },
  });
  const document = documentOf(end) as CommandDocument & { readonly findings: readonly Found[] };
  expect(document.exitCode).toBe(end.code);
  return { code: end.code, findings: document.findings };
}

const statusOf = (findings: readonly Found[]): Record<string, string> => Object.fromEntries(findings.map(({ check, status }) => [check, status])); // prettier-ignore
const fixOf = (findings: readonly Found[], check: string): string | undefined => findings.find((each) => each.check === check)?.fix; // prettier-ignore

describe("[H7] stagebook doctor", () => {
  test("a complete installation: everything is all right", async () => {
    const extensions = `JupyterLab v4.6.4\n   jupyterlab-stagebook v${version} \u001b[32menabled\u001b[0m \u001b[32mOK\u001b[0m`;
    const path = jupyter({ lab: "4.6.4", specs: spec(process.execPath), extensions });
    const { code, findings } = await doctor(complete.path, path);
    expect(findings.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(code).toBe(0);
  });

  test("an empty folder: each problem with the command that fixes it", async () => {
    const { code, findings } = await doctor(empty, jupyter({ lab: "4.6.4" }));
    expect(code).toBe(1);
    expect(statusOf(findings)).toEqual({
      "Node.js": "ok",
      tslab: "error",
      stagebook: "error",
      "types of Node.js": "error",
      JupyterLab: "ok",
      "kernel spec": "error",
      extension: "warning",
      store: "ok",
      ports: "ok",
    });
    expect(fixOf(findings, "tslab")).toBe("npm install tslab@1.0.22");
    expect(fixOf(findings, "types of Node.js")).toMatch(/^npm install --save-dev @types\/node@\d+$/);
    expect(fixOf(findings, "kernel spec")).toContain("npx tslab install --sys-prefix");
  });

  test("no Jupyter on the PATH", async () => {
    const { findings } = await doctor(complete.path, empty);
    expect(statusOf(findings)).toMatchObject({ JupyterLab: "error", "kernel spec": "error", extension: "warning" });
  });

  test("a version that is too old, a kernel that was moved, an extension that is disabled or of another version", async () => {
    const extensions = `  jupyterlab-stagebook v${version} disabled OK`;
    const first = await doctor(complete.path, jupyter({ lab: "4.1.8", specs: spec(join(empty, "gone")), extensions }));
    expect(statusOf(first.findings)).toMatchObject({
      JupyterLab: "error",
      "kernel spec": "error",
      extension: "warning",
    });
    expect(fixOf(first.findings, "extension")).toBe("jupyter labextension enable jupyterlab-stagebook");
    const other = await doctor(complete.path, jupyter({ lab: "4.2.0", specs: spec(process.execPath), extensions: "  jupyterlab-stagebook v9.9.9 enabled OK" })); // prettier-ignore
    expect(statusOf(other.findings)).toMatchObject({ JupyterLab: "ok", extension: "warning" });
    expect(other.code).toBe(0);
  });

  test("a store that cannot be opened", async () => {
    const { code, findings } = await doctor(complete.path, empty, { STAGEBOOK_STORE: "ftp://there" });
    expect(code).toBe(1);
    expect(statusOf(findings).store).toBe("error");
  });

  test("the text has a mark, what was found, and the command on a line of its own", async () => {
    const { stdout } = await stagebook(["doctor", empty], { cwd: repository });
    expect(stdout).toMatch(/^✓ Node\.js: \d/);
    expect(stdout).toContain(`✗ tslab: not installed: not found from ${empty}\n    npm install tslab@1.0.22\n`);
  });
});
