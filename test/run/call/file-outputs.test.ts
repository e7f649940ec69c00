import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { createScript } from "../script";

const kinds = ["memory", "disk"] as const;
const storeOf = (kind: (typeof kinds)[number]): string =>
  kind === "memory" ? "memory" : path.join(mkdtempSync(path.join(tmpdir(), "files-")), "store");

test.each(kinds)(
  "[C7] a stage returns a file: owned by the %s store, hashed, and available again to its readers",
  async (kind) => {
    const store = storeOf(kind);
    const first = createScript({ store });
    const define = ({ p }: ReturnType<typeof createScript>) => {
      const report = p.stage("report", ({ fileOut }) => {
        const file = fileOut("report.txt");
        writeFileSync(file, "42 rows");
        return { file, rows: 42 };
      });
      const size = p.stage("size", { report }, ({ report }) => readFileSync(report.file, "utf8").length);
      return { report, size };
    };
    const { report, size } = define(first);
    const made = await report();
    expect(readFileSync(made.file, "utf8")).toBe("42 rows");
    expect(path.basename(made.file)).toBe("report.txt");
    expect(await size()).toBe(7);
    if (kind === "memory") return;
    const second = createScript({ store });
    const again = define(second);
    const loaded = await again.report();
    expect(second.log()).toEqual(["report cached"]);
    expect(readFileSync(loaded.file, "utf8")).toBe("42 rows");
    expect(statSync(loaded.file).mode & 0o222).toBe(0);
  },
);

test("[C7] [S8] a file written again with equal content leaves what is below fresh, other content does not", async () => {
  const { p, log } = createScript();
  const define = (text: string, version: string) =>
    p.stage(
      "report",
      ({ fileOut }) => {
        writeFileSync(fileOut("report.txt"), text);
        return fileOut("report.txt");
      },
      { version },
    );
  const below = () => p.stage("below", { report: define("a", "1") }, ({ report }) => readFileSync(report, "utf8"));
  const stage = below();
  expect(await stage()).toBe("a");
  define("a", "2");
  log();
  expect(await stage()).toBe("a");
  expect(log()).toEqual(["report running", "report succeeded", "below unchanged"]);
  define("b", "3");
  expect(await stage()).toBe("b");
});

test("[C7] a path of a file that was not written is an error that names it", async () => {
  const { p } = createScript();
  const a = p.stage("a", ({ fileOut }) => [fileOut("plot.png")]);
  await expect(a()).rejects.toMatchObject({
    code: "file-missing",
    message: expect.stringContaining("plot.png") as string,
  });
});

test("[Y2] fileOut takes a plain file name", async () => {
  const { p } = createScript();
  for (const name of ["", "..", "a/b.txt", "/etc/passwd"]) {
    const a = p.stage("a", ({ fileOut }) => fileOut(name));
    await expect(a()).rejects.toMatchObject({ code: "file-name" });
  }
});
