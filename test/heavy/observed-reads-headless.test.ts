/** Every kind of read without Jupyter: a notebook of which each stage is one row of the table, run by the command in this process. Nothing is silent. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fillObservedFolder } from "../observe/observed-folder";
import { readKinds, type ReadKindRow } from "../observe/read-kinds";
import { callStagebook, documentOf } from "../rig/command-rig";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { createNotebookFolder } from "../rig/kernel/notebook-folder";

/** A notebook has no `__filename`, `createRequire` needs one, and TypeScript refuses a method that is deprecated. */
const refused = ["import() of a local module", "Date.getYear", "createRequire"];
const rows = readKinds.filter(({ title }) => !refused.includes(title));

/** In one notebook: all its stages are compiled for each of them. */
const ROWS = 20;

const server = http.createServer((_request, response) => response.end("page"));
let url = "";
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Runs one stage after the other, and returns the rows that are silent. */
async function findSilent(part: readonly ReadKindRow[]): Promise<readonly string[]> {
  const stages = part.map(
    ({ code }, at) =>
      `stage("row ${at}", async () => { const server = "${url}"; await (async () => { ${code} })(); return ${at}; });`,
  );
  const loaded = `for (const early of ["early", "./loaded.json", "./loaded.cjs"]) require(early);`;
  const first = `import { stage } from "stagebook";\nprocess.env.OBSERVED = "1";`;
  const notebook = encodeNotebook([loaded, first, stages.join("\n")]);
  const folder = createNotebookFolder({ "n.ipynb": notebook });
  const reset = fillObservedFolder(folder.path);
  const here = { cwd: folder.path, entersFolder: true };
  const silent: string[] = [];
  try {
    for (const [at, { title, counts = [], names = [] }] of part.entries()) {
      reset();
      const run = await callStagebook(["run", "n.ipynb", "--target", `row ${at}`], here);
      const end = await callStagebook(["explain", "n.ipynb", `row ${at}`, "--json"], here);
      if (run.code !== 0 || end.code !== 0) {
        silent.push(`${title}: ${run.stderr}${end.stderr}`);
        continue;
      }
      const { parts, caveats, status } = documentOf(end) as unknown as {
        readonly parts: readonly { readonly kind: string; readonly name: string }[];
        readonly caveats: readonly string[];
        readonly status: string;
      };
      const counted = parts.flatMap(({ kind, name }) =>
        kind === "read" ? [name] : kind === "env" ? [name.replace("process.env.", "variable ")] : [],
      );
      const text = caveats.join("\n").replaceAll(url, "SERVER").replaceAll(url.slice("http://".length), "HOST");
      const missing = [
        ...counts.filter((each) => !counted.includes(each)),
        ...names.filter((each) => !namesFor(title, each).some((name) => text.includes(name))),
      ];
      // What has changed since it was read makes the stage stale: it is not silent.
      if (missing.length > 0 && status === "fresh")
        silent.push(`${title}: ${missing.join(", ")}; found ${JSON.stringify({ counted, text })}`);
    }
  } finally {
    folder.remove();
  }
  return silent;
}

/**
 * What may be named. A module that a notebook loads before Stagebook may come after it in this process: its calls are then seen under the
 * name that they have there, and not under that of what they call.
 */
function namesFor(title: string, name: string): readonly string[] {
  return title.startsWith("the same, ") ? [name, name.replace("spawnSync", "execSync")] : [name];
}

test("[V1] kinds of read without Jupyter", async () => {
  const silent: string[] = [];
  for (let at = 0; at < rows.length; at += ROWS) silent.push(...(await findSilent(rows.slice(at, at + ROWS))));
  expect(silent).toEqual([]);
}, 1_800_000);
