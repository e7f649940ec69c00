/** Parameter values that were set: whose they are, two kernels of one notebook, damage, and files from before they had owners. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import v8 from "node:v8";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPipeline } from "stagebook";
import { createFileSavedParams } from "../../../kernel-lib/src/store/notebooks/saved-params";
import { fileNameOf } from "../../../kernel-lib/src/store/records/file-name";

let folder: string;
let problems: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stagebook-params-"));
  problems = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const valueOf = (value: unknown, at = 1) => ({ value: v8.serialize(value).toString("base64"), initial: "d", at });
const open = (owner = "ann@desk", id = "nb.ipynb") =>
  createFileSavedParams({ folder, notebook: { find: () => id, claim: () => id }, owner, onProblem: (message) => void problems.push(message) }); // prettier-ignore

describe("[N5] values that were set", () => {
  test("[N5] two kernels that have started before either set a value: both values stay", () => {
    const [a, b] = [open(), open()];
    expect([a.find("a"), b.find("b")]).toEqual([undefined, undefined]);
    a.save("a", valueOf(11));
    b.save("b", valueOf(22));
    expect([open().find("a"), open().find("b")]).toEqual([valueOf(11), valueOf(22)]);
  });

  test("[N5] of two values for one parameter the later one stays, and so does a reset", () => {
    const [a, b] = [open(), open()];
    a.save("a", valueOf(1));
    b.save("a", valueOf(2));
    expect(open().find("a")).toEqual(valueOf(2));
    a.save("a", undefined);
    expect(open().find("a")).toBeUndefined();
    b.save("b", undefined);
  });

  test("[N5] two pipelines of one notebook in one store", () => {
    const define = () => {
      const p = createPipeline({ store: folder, notebook: "nb" });
      return { a: p.param("a", 1), b: p.param("b", 1) };
    };
    const [first, second] = [define(), define()];
    first.a.set(11);
    second.b.set(22);
    const third = define();
    expect([third.a.value, third.b.value]).toEqual([11, 22]);
    second.b.reset();
    first.a.set(12);
    const fourth = define();
    expect([fourth.a.value, fourth.b.value]).toEqual([12, 1]);
  });

  test("[N1] another user, another machine, another notebook: none of them reads it; no other user can", () => {
    open().save("a", valueOf(5));
    expect(open("bob@desk").find("a")).toBeUndefined();
    expect(open("ann@ci").find("a")).toBeUndefined();
    expect(open("ann@desk", "nb.ipynb-2").find("a")).toBeUndefined();
    const owner = join(folder, fileNameOf("ann@desk"));
    if (process.platform === "win32") return;
    expect(statSync(owner).mode & 0o077).toBe(0);
    expect(statSync(join(owner, fileNameOf("nb.ipynb"), "a.json")).mode & 0o077).toBe(0);
  });

  test("[C21] names of any characters do not meet", () => {
    for (const name of ["a", "A", "a/b", "../a", "", "ä"]) open().save(name, valueOf(name));
    for (const name of ["a", "A", "a/b", "../a", "", "ä"]) expect(open().find(name)).toEqual(valueOf(name));
    expect(readdirSync(join(folder, ".."))).not.toContain("a.json");
  });

  test("[C11] a damaged value is reported, and the default holds", () => {
    open().save("a", valueOf(5));
    open().save("b", valueOf(6));
    writeFileSync(join(folder, fileNameOf("ann@desk"), fileNameOf("nb.ipynb"), "a.json"), "{}");
    expect([open().find("a"), open().find("b")]).toEqual([undefined, valueOf(6)]);
    expect(problems).toEqual(["is damaged: the parameter value that was set is lost"]);
  });
});

describe("[N1] one file per notebook, as it was before values had owners", () => {
  const writeOld = (id: string, json: string): string => {
    const file = join(folder, `${fileNameOf(id)}.json`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, `${createHash("sha256").update(json).digest("hex")}\n${json}`);
    return file;
  };

  test("[N1] the first who opens the notebook takes the values over", () => {
    const { value, initial } = valueOf(7);
    const file = writeOld("nb.ipynb", JSON.stringify({ a: { value, initial }, b: { value, initial } }));
    open().save("b", valueOf(8));
    expect(open().find("a")).toEqual(valueOf(7, 0));
    expect(open().find("b")).toEqual(valueOf(8));
    expect(existsSync(file)).toBe(false);
    expect(open("bob@desk").find("a")).toBeUndefined();
  });

  test("[C11] a damaged one is reported", () => {
    writeFileSync(writeOld("nb.ipynb", "{}"), "nonsense");
    expect(open().find("a")).toBeUndefined();
    expect(problems).toEqual(["is damaged: the parameter values that were set are lost"]);
  });
});
