/**
 * 500 damaged files of every kind in one store, on disk and in S3: cut, emptied, extended, altered, replaced by the file of something else,
 * by a folder, by a link to itself or to nothing, or removed. Whoever comes next gets the right values, and `verify` names what is damaged
 * and removes it.
 *
 * In parts: STAGEBOOK_CHAOS=0.1 for a tenth of the files, STAGEBOOK_SEED for other random numbers.
 */
import { appendFileSync, copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs"; // prettier-ignore
import { join, relative, sep } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createNotebookFolder, type NotebookFolder } from "../../rig/kernel/notebook-folder";
import { encodeNotebook } from "../../rig/kernel/notebook-file";
import { createRandom } from "../../rig/random";
import { startS3Server, type S3Server } from "../../rig/store/s3-server";
import { actor, library, program, scale, seed, start, turnsOf } from "./actors";

const files = Math.max(10, Math.round(500 * scale));
/** Damaged between two looks at the store. */
const AT_ONCE = 10;

let s3: S3Server;
beforeAll(async () => void (s3 = await startS3Server()));
afterAll(() => s3.stop());

type Damage = (path: string, other: string) => void;
const replaced =
  (put: (path: string, other: string) => void): Damage =>
  (path, other) => {
    rmSync(path, { recursive: true, force: true });
    put(path, other);
  };
const onlyOnDisk = ["is a folder", "is a folder with content", "is a link to itself", "is a link to nothing"];
const damages: Readonly<Record<string, Damage>> = {
  "is cut": (path) => truncateSync(path, Math.floor(lstatSync(path).size / 2)),
  "is empty": (path) => truncateSync(path, 0),
  "has more bytes": (path) => appendFileSync(path, "\0more"),
  "is altered": replaced((path) => writeFileSync(path, "{}")),
  "has another byte": (path) => {
    const bytes = readFileSync(path);
    const at = Math.floor(bytes.byteLength / 2);
    if (bytes.byteLength > 0) bytes[at] = (bytes[at] ?? 0) ^ 1;
    rmSync(path);
    writeFileSync(path, bytes);
  },
  "is another file": (path, other) => {
    rmSync(path);
    copyFileSync(other, path);
  },
  "is missing": (path) => rmSync(path),
  "is a folder": replaced((path) => mkdirSync(path)),
  "is a folder with content": replaced((path) => {
    mkdirSync(path);
    writeFileSync(join(path, "of the user.txt"), "mine");
  }),
  "is a link to itself": replaced((path) => symlinkSync(path, path)),
  "is a link to nothing": replaced((path) => symlinkSync("/nothing/here", path)),
};

/** The regular files by kind: the folder at the top of the store, or the name of the file. */
function filesByKind(folder: string): ReadonlyMap<string, readonly string[]> {
  const kinds = new Map<string, string[]>();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const path = join(folder, name);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    const kind = relative(folder, path).split(sep)[0] ?? "";
    // Set aside by maintenance, or of a live process.
    if (kind === "live" || kind === "claims" || kind === ".gitignore") continue;
    kinds.set(kind, [...(kinds.get(kind) ?? []), path]);
  }
  return kinds;
}

describe.each(["disk", "S3"] as const)("[C11] damaged files in a store on %s", (place) => {
  let folder: NotebookFolder;
  beforeAll(() => void (folder = createNotebookFolder({ "chaos.ipynb": encodeNotebook(['import { param, stage } from "stagebook";\nconst n = param("n", 1);\nconst q = param("q", 1);\nq.set(2);\nconst a = stage("a", { n }, ({ n }) => n + 1);\nif ((await a()) !== n.value + 1) throw new Error("wrong value");']) }))); // prettier-ignore
  afterAll(() => folder.remove());

  test(`[C11] ${files} files (seed ${seed}): no wrong value, no failed run, and everything is named and removed`, async () => {
    const random = createRandom(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const own = join(folder.path, ".stagebook");
    const [store, root] = place === "disk" ? [own, own] : [`s3://${s3.bucket}/damage`, join(s3.folder, "damage")];
    const environment = { ...(place === "disk" ? {} : s3.environment), STAGEBOOK_STORE: store };
    const run = (...args: string[]) => start(args, { cwd: folder.path, environment }).end;
    const values = [1, 2, 3, 4, 5, 6];
    const compute = async (): Promise<void> => {
      const end = await run(actor, library, store, `only:${values.join(",")}`);
      expect([end.code, end.hung, turnsOf(end).map(({ value }) => value)], end.output).toEqual([0, false, values]);
      const command = await run(program, "run", "chaos.ipynb", "--set", `n=${pick(values)}`);
      expect([command.code, command.hung], command.output).toEqual([0, false]);
    };
    await compute();
    await run(program, "gc", folder.path, "--max-bytes", "1");
    const counts = new Map<string, number>();
    const ways = Object.keys(damages).filter((way) => place === "disk" || !onlyOnDisk.includes(way));
    for (let damaged = 0, nth = 0; damaged < files;) {
      await compute();
      const hit: string[] = [];
      for (; hit.length < AT_ONCE; nth++) {
        const kinds = filesByKind(root);
        const kind = [...kinds.keys()].sort()[nth % kinds.size] ?? "";
        const path = pick(kinds.get(kind) ?? []);
        const way = ways[Math.floor(nth / kinds.size) % ways.length] ?? "";
        if (hit.some((line) => line.startsWith(`${path} `))) continue;
        damages[way]?.(path, pick([...kinds.values()].flat().filter((other) => other !== path)));
        hit.push(`${path} ${way}`);
        counts.set(`${kind} ${way}`, (counts.get(`${kind} ${way}`) ?? 0) + 1);
      }
      damaged += hit.length;
      // A store whose format is unknown is left as it is; what the user has put there is the user's.
      const isRefused = /format\.json/.test(hit.join("\n"));
      if (isRefused && existsSync(join(root, "format.json"))) {
        const end = await run(actor, library, store, `only:${values.join(",")}`);
        expect([end.code, turnsOf(end).map(({ value }) => value)], hit.join("\n") + end.output).toEqual([0, values]);
      }
      if (isRefused) rmSync(join(root, "format.json"), { recursive: true, force: true });
      else await compute();
      const repair = await run(program, "verify", folder.path, "--repair");
      expect(repair.hung, hit.join("\n")).toBe(false);
      for (const [, where] of repair.output.matchAll(/^(\S+): .*to be moved away by you/gm)) rmSync(where ?? "", { recursive: true, force: true }); // prettier-ignore
      for (const line of hit.filter((each) => /is a folder with content/.test(each))) rmSync(line.slice(0, line.lastIndexOf(" is a folder")), { recursive: true, force: true }); // prettier-ignore
      const after = await run(program, "verify", folder.path, "--repair");
      const last = await run(program, "verify", folder.path);
      expect([last.code, last.output.includes("no damage")], `${hit.join("\n")}\n${repair.output}\n${after.output}\n${last.output}`).toEqual([0, true]); // prettier-ignore
    }
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    console.log(`${place}: ${total} files damaged in ${counts.size} ways; kinds: ${[...new Set([...counts.keys()].map((each) => each.split(" ")[0]))].sort().join(", ")}`); // prettier-ignore
  }, 14_400_000);
});
