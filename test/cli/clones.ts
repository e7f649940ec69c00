/** Clones of one repository with a script and a notebook, and the keys of their users: for tests of shared stores. */
import { execFileSync } from "node:child_process";
import { callStagebook, type CommandEnd } from "../rig/command-rig";
import { readDocument } from "../rig/documents";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";

/** Four stages; `factor` stands in a helper of the second. */
export const script = (factor: number): string => `
import { stage } from "stagebook";
const scale = (value: number): number => value * ${factor};
const rows = stage("rows", () => Array.from({ length: 5 }, (_, at) => at));
const scaled = stage("scaled", { rows }, ({ rows }) => rows.map(scale));
stage("sum", { scaled }, ({ scaled }) => scaled.reduce((total, value) => total + value, 0));
stage("apart", () => "apart");
`;
const cells = [
  'import { stage } from "stagebook";',
  'const text = stage("text", () => "from the other clone");',
  "console.log(await text());",
];

/** The two keys that the guide's own command generates: of those who write, and of those who read. */
export function makeKeys(): readonly [string, string] {
  const guide = readDocument("kernel-lib/docs/guide/7-shared-stores.md");
  const code = /^node -e '(.*)'$/m.exec(guide)?.[1] ?? "";
  const [secret = "", open = ""] = execFileSync(process.execPath, ["-e", code], { encoding: "utf8" }).split("\n");
  return [secret, open];
}

export interface Clones {
  clone(): NotebookFolder;
  /** `stagebook run`, with the key of some user. */
  run(folder: NotebookFolder, key: string, file?: string, ...more: string[]): Promise<CommandEnd>;
  remove(): void;
}

/** `environment`: where the shared store is. Asked at each command. */
export function createClones(environment: () => Readonly<Record<string, string>>): Clones {
  const clones: NotebookFolder[] = [];
  return {
    clone: () => {
      const folder = createNotebookFolder({ "s.ts": script(2), "n.ipynb": encodeNotebook(cells) });
      clones.push(folder);
      return folder;
    },
    run: (folder, key, file = "s.ts", ...more) =>
      callStagebook(["run", file, ...more], {
        cwd: folder.path,
        environment: { ...environment(), STAGEBOOK_TRUST_KEY: key },
        entersFolder: true,
      }),
    remove: () => {
      for (const folder of clones) folder.remove();
    },
  };
}
