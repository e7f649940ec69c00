import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { createScript } from "../script";

test("[W2] a shared stage is stored while others, which have claimed theirs, wait to be executed", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "stagebook-beside-"));
  try {
    const { p, log } = createScript({ store: folder });
    p.each("shared", [1, 2, 3], async (n) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return n * 2;
    }, { scale: true }); // prettier-ignore
    for (let nth = 0; nth < 6; nth++) p.stage(`other ${nth}`, { nth }, ({ nth }) => nth);
    await p.run({ jobs: 1 });
    expect(log().filter((line) => line.endsWith(" succeeded"))).toHaveLength(7);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 20_000);
