/** A kernel that stays usable: packages installed beside it, cells sent after an error, switches. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startKernel, type Kernel } from "../../rig/kernel/kernel-rig";
import { createNotebookFolder, type NotebookFolder } from "../../rig/kernel/notebook-folder";
import { eventually } from "../../rig/lab/eventually";
import { packageFiles } from "./repair-cases";

let folder: NotebookFolder;
let kernel: Kernel;
beforeAll(async () => {
  folder = createNotebookFolder({ "node_modules/.keep": "" });
  kernel = await startKernel({ cwd: folder.path });
  await kernel.run('import { pipeline, stage } from "stagebook";');
});
afterAll(async () => {
  await kernel.stop();
  folder.remove();
});

function install(): void {
  for (const [name, content] of Object.entries(packageFiles)) folder.write(name, content);
}

describe("[H2] installed-packages: packages installed beside a running kernel", () => {
  test("are usable in the next cells, also those that a cell has asked for in vain", async () => {
    const before = await kernel.run('import { twice } from "only-exports"; twice(1)');
    expect(before.text).toContain("Cannot find module 'only-exports'");
    install();
    const use = 'import { twice } from "only-exports"; import { three } from "esm-only"; twice(three)';
    await eventually(async () => (await kernel.run(use)).text).toBe("6\n");
    for (const n of [1, 2, 3]) expect((await kernel.run(`const after${n} = ${n}; after${n}`)).text).toBe(`${n}\n`);
    expect((await kernel.run('import { half } from "only-exports/part"; half(3)')).text).toBe("1.5\n");
  });
});

describe("[H3] ended-cells: memory", () => {
  const prepare = `
    import { AsyncLocalStorage } from "async_hooks";
    import { setFlagsFromString } from "v8";
    import { runInNewContext } from "vm";
    setFlagsFromString("--expose_gc");
    const collect: () => void = runInNewContext("gc");
    const held = new AsyncLocalStorage();
    const refs: WeakRef<object>[] = [];`;
  const hold = "{ const large = {}; refs.push(new WeakRef(large)); held.enterWith(large); } await null;";
  const count = `
    for (let n = 0; n < 4; n++) { collect(); await new Promise((resolve) => setTimeout(resolve, 50)); }
    refs.filter((ref) => ref.deref() !== undefined).length`;

  async function heldAfterTenCells(subject: Kernel): Promise<number> {
    for (const cell of [prepare, ...Array.from({ length: 10 }, () => hold)]) {
      const { ok, text } = await subject.run(cell);
      expect(ok, text).toBe(true);
    }
    const { ok, text } = await subject.run(count);
    expect(ok, text).toBe(true);
    return Number(text);
  }

  test("what cells held that have ended is freed", async () => {
    // What the latest cell held may live on.
    expect(await heldAfterTenCells(kernel)).toBeLessThanOrEqual(1);
  });

  test("stock tslab keeps it", async () => {
    const stock = await startKernel({ cwd: folder.path });
    try {
      expect(await heldAfterTenCells(stock)).toBe(10);
    } finally {
      await stock.stop();
    }
  });

  test("a cell is interrupted as before", async () => {
    const waiting = kernel.start(
      'await null; console.log("begun"); await new Promise((resolve) => setTimeout(resolve, 60_000));',
    );
    await expect.poll(() => waiting.messages.some(({ type }) => type === "stream"), { timeout: 30_000 }).toBe(true);
    kernel.interrupt();
    expect((await waiting.done).status).toBe("error");
    expect((await kernel.run("3 + 4")).text).toBe("7\n");
  });
});

describe("[H3] queued-cells: cells around an error", () => {
  test("a cell sent right after the error is executed", async () => {
    const failed = await kernel.start('throw new Error("first")').done;
    expect(failed.status).toBe("error");
    const next = await kernel.start("1 + 1").done;
    expect([next.status, next.text]).toEqual(["ok", "2\n"]);
  });

  test("cells that were sent together with it are dropped, as in Run All", async () => {
    const sent = ["throw new Error('first')", "globalThis.ran = 1", "globalThis.ran = 2"].map((cell) =>
      kernel.start(cell),
    );
    const statuses = await Promise.all(sent.map(async ({ done }) => (await done).status));
    expect(statuses).toEqual(["error", "abort", "abort"]);
    expect((await kernel.run("String((globalThis as any).ran)")).text).toBe("undefined\n");
  });

  test("the order of cells stays", async () => {
    await kernel.run("const order: number[] = [];");
    const sent = [1, 2, 3].map((n) => kernel.start(`await new Promise((resolve) => setTimeout(resolve, ${30 - n * 9})); order.push(${n});`)); // prettier-ignore
    await Promise.all(sent.map(({ done }) => done));
    expect((await kernel.run("order.join()")).text).toBe("1,2,3\n");
  });
});

describe("[H4] switches", () => {
  test("each repair is switched off by its name; an unknown name is reported", async () => {
    const own = await startKernel({ cwd: folder.path, env: { STAGEBOOK_TSLAB: "-library-types, -no-such-repair" } });
    try {
      await own.run('import { pipeline, stage } from "stagebook";');
      expect((await own.run("[1].toSorted()")).text).toContain("'toSorted' does not exist");
      expect((await own.run("export const kept = 1; await (Promise.resolve(2))")).text).toBe("2\n");
      await own.openComm();
      const log = own.view.log.map(({ message }) => message).join("\n");
      expect(log).toContain("STAGEBOOK_TSLAB: unknown -no-such-repair");
      expect(log).toContain("-library-types");
    } finally {
      await own.stop();
    }
  });
});
