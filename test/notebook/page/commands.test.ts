/** The commands of the page: each is validated; an invalid one is answered with an error and changes nothing. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ErrorView, KernelMessage } from "stagebook/protocol";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

describe("commands over the comm", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cells({
      limit: `const limit = param("limit", 5, { min: 0, max: 10 });`,
      a: `const a = stage("a", { limit }, ({ limit }) => { ${ran("a")} return limit * 2; });`,
      b: `const b = stage("b", { a }, ({ a }) => { ${ran("b")} return Array.from({ length: a }, (_, i) => ({ i, square: i * i })); });`,
      rough: `const rough = param("rough", () => 1); const r = stage("r", { rough }, ({ rough }) => { ${ran("r")} return rough(); });`,
    });
    await notebook.cell("x", "await b();");
  });
  afterAll(() => notebook.kernel.stop());

  const setLimit = (limit: number) => notebook.kernel.command({ type: "set-params", values: { limit } });

  /** Sends data as it is and waits for the reply to its id. */
  async function sendRaw(
    data: { readonly [name: string]: unknown },
    id = "",
  ): Promise<Extract<KernelMessage, { type: "reply" }>> {
    const { comm } = notebook.kernel;
    const from = comm.received.length;
    comm.sendRaw(data);
    const find = () =>
      comm.received
        .slice(from)
        .map(({ message }) => message)
        .find((message) => message.type === "reply" && message.id === id);
    await notebook.kernel.until(() => find() !== undefined, `a reply to ${JSON.stringify(data)}`);
    return find() as Extract<KernelMessage, { type: "reply" }>;
  }

  /** A command that must be refused and change nothing. */
  async function refused(
    command: { readonly [name: string]: unknown },
    id = randomUUID() as string,
  ): Promise<ErrorView> {
    await notebook.settled();
    const before = notebook.view;
    const reply = await sendRaw(
      { v: 1, id, ...command },
      typeof command.id === "string" || !("id" in command) ? id : "",
    );
    await notebook.settled();
    expect({ ...notebook.view, seq: 0, log: [] }).toEqual({ ...before, seq: 0, log: [] });
    if (reply.ok) throw new Error(`it was not refused: ${JSON.stringify(command)}`);
    expect(reply.error.message).not.toBe("");
    return reply.error;
  }

  test.each([
    [{}, /an object with a type/],
    [{ type: "explode" }, /unknown command "explode"/],
    [{ type: "constructor" }, /unknown command/],
    [{ type: 5 }, /an object with a type/],
    [{ type: "set-params" }, /values must be/],
    [{ type: "set-params", values: [1] }, /values must be/],
    [{ type: "set-params", values: { limit: 99 } }, /"limit": 99 must be <= 10/],
    [{ type: "set-params", values: { limit: 6, unknown: 1 } }, /parameter "unknown" does not exist/],
    [{ type: "set-params", values: { rough: 1 } }, /"rough".*only code can set/],
    [{ type: "set-params", values: { __proto__x: 1, toString: 2 } }, /parameter "\w+" does not exist/],
    [{ type: "reset-params", names: "limit" }, /names must be/],
    [{ type: "reset-params", names: ["nope"] }, /parameter "nope" does not exist/],
    [{ type: "run", targets: "a" }, /targets must be/],
    [{ type: "run", targets: ["nope"] }, /stage "nope" does not exist/],
    [{ type: "run", targets: ["a", "nope"] }, /stage "nope" does not exist/],
    [{ type: "run", force: "yes" }, /force must be/],
    [{ type: "explain" }, /stage must be/],
    [{ type: "explain", stage: "nope" }, /stage "nope" does not exist/],
    [{ type: "what-if", values: { limit: "x" } }, /must be number/],
    [{ type: "preview", stage: "nope" }, /stage "nope" does not exist/],
    [{ type: "preview", stage: "r" }, /no stored result/],
    [{ type: "history", stage: 7 }, /stage must be/],
    [{ type: "log", before: -1, limit: 5 }, /before must be/],
    [{ type: "log", before: 0, limit: 1.5 }, /limit must be/],
    [{ type: "log", before: 0, limit: 5, run: "../../etc/passwd" }, /run must be/],
    [{ type: "log", before: 0, limit: 5, run: 7 }, /run must be/],
    [{ type: "runs", before: 0 }, /limit must be/],
    [{ type: "runs", before: "x", limit: 5 }, /before must be/],
    [{ type: "run-events", run: "runs of notebook.ipynb", from: 0, limit: 5 }, /run must be/],
    [{ type: "run-events", run: "x", from: -1, limit: 5 }, /from must be/],
    [{ type: "run-events", run: "x", from: 0 }, /limit must be/],
    [{ type: "run-stale", cells: "a" }, /cells must be/],
    [{ type: "preview", stage: "b", key: 7 }, /key must be/],
    [{ type: "preview", stage: "b", key: "gone" }, /no stored result with the key gone/],
    [{ type: "restore", stage: "b" }, /key must be/],
    [{ type: "restore", stage: "nope", key: "x" }, /stage "nope" does not exist/],
    [{ type: "restore", stage: "b", key: "../x" }, /no stored result with the key/],
    [{ type: "pin", stage: "b", key: "x" }, /pinned must be/],
    [{ type: "pin", stage: "b", key: "x", pinned: true }, /no stored result with the key x/],
    [{ type: "pin", stage: "nope", key: "x", pinned: true }, /stage "nope" does not exist/],
    [{ type: "clear", stage: "nope" }, /stage "nope" does not exist/],
    [{ type: "pin", stage: "a" }, /pinned must be/],
    [{ type: "pin", stage: "nope", pinned: true }, /stage "nope" does not exist/],
    [{ type: "pin", stage: "r", pinned: true }, /no stored result/],
  ])("[Y1] %j is refused, and changes nothing", async (command, expected) => {
    const error = await refused(command);
    expect(error.message).toMatch(expected);
    expect(error.advice ?? "").not.toBe("");
  });

  test("[Y1] another version of the protocol is refused with advice", async () => {
    const error = await refused({ v: 2, type: "run" });
    expect(error.code).toBe("protocol");
    expect(error.advice).toContain("same version");
  });

  test("[Y1] a command without an id is refused", async () => {
    const reply = await sendRaw({ v: 1, type: "run" });
    expect(reply).toMatchObject({ ok: false, error: { code: "command" } });
  });

  test("[Y1] data that is not an object is refused, and the next command works", async () => {
    for (const data of [null, 5, "text", []]) {
      const { comm } = notebook.kernel;
      const from = comm.received.length;
      comm.sendRaw(data as never);
      await notebook.kernel.until(
        () => comm.received.slice(from).some(({ message }) => message.type === "reply"),
        "a refusal",
      );
    }
    expect(await notebook.kernel.command({ type: "cancel" })).toEqual({ runs: 0 });
  });

  test("[U1] run executes the targets and their upstream stages, and replies when the run has ended", async () => {
    await setLimit(6);
    expect(
      await notebook.executed(async () => {
        expect(await notebook.kernel.command({ type: "run", targets: ["b"] })).toEqual({
          status: "succeeded",
          executed: 2,
        });
      }),
    ).toEqual(["a", "b"]);
    expect(await notebook.kernel.command({ type: "run", targets: ["b"] })).toEqual({
      status: "succeeded",
      executed: 0,
    });
    expect(await notebook.kernel.command({ type: "run", targets: ["b"], force: true })).toEqual({
      status: "succeeded",
      executed: 1,
    });
    expect(notebook.view.runs.at(-1)).toMatchObject({ source: "page", cell: null });
  });

  test("[U1] commands are answered while a cell is busy, and a run over the comm proceeds meanwhile", async () => {
    const cell = notebook.kernel.run("await new Promise((done) => setTimeout(done, 500));", { cell: "busy" });
    await notebook.kernel.until((_events, view) => view.cells.busy?.status === "running", "the cell is busy");
    await setLimit(3);
    expect(await notebook.kernel.command({ type: "run", targets: ["b"] })).toEqual({
      status: "succeeded",
      executed: 2,
    });
    expect(notebook.view.cells.busy?.status).toBe("running");
    await cell;
  });

  test("[U1] preview is a bounded text of the output", async () => {
    await notebook.cell("long", `const long = stage("long", () => "z".repeat(100_000));`);
    await notebook.cell("x", "await long();");
    await notebook.kernel.command({ type: "run", targets: ["b"] });
    const whole = await notebook.kernel.command({ type: "preview", stage: "b" });
    expect(whole.text).toContain("square: 4");
    expect(whole.truncated).toBe(false);
    const { text, truncated } = await notebook.kernel.command({ type: "preview", stage: "long" });
    expect(truncated).toBe(true);
    expect(text.length).toBeLessThanOrEqual(20_000);
  });

  test("[U1] history lists the results of a stage with their parameters, newest first", async () => {
    await notebook.cell("past", `const past = stage("past", { limit }, ({ limit }) => limit * 7);`);
    for (const limit of [5, 6, 3]) {
      await setLimit(limit);
      await notebook.kernel.command({ type: "run", targets: ["past"] });
    }
    const { rows } = await notebook.kernel.command({ type: "history", stage: "past" });
    expect(rows.map((row) => row.params.limit)).toEqual(["3", "6", "5"]);
    expect([...rows.map((row) => row.at)].sort((x, y) => y - x)).toEqual(rows.map((row) => row.at));
  });

  test("[C13] clear removes the results of one stage, and it alone runs again", async () => {
    await notebook.cells({
      above: `const above = stage("above", { limit }, ({ limit }) => { ${ran("above")} return limit * 3; });`,
      below: `const below = stage("below", { above }, ({ above }) => { ${ran("below")} return above + 1; });`,
    });
    for (const limit of [7, 8, 9]) {
      await setLimit(limit);
      await notebook.kernel.command({ type: "run", targets: ["below"] });
    }
    expect(await notebook.kernel.command({ type: "clear", stage: "above" })).toEqual({ results: 3 });
    expect(notebook.status("above")).toBe("new");
    expect(await notebook.executed(() => notebook.cell("x", "await below();"))).toEqual(["above"]);
  });

  test("[O5] two pages receive the same events, and each its own replies", async () => {
    const { comm } = notebook.kernel;
    const first = comm.open.at(-1) ?? "";
    const second = await notebook.kernel.openComm();
    const from = comm.received.length;
    await setLimit(notebook.view.params.limit?.value === 4 ? 5 : 4);
    const of = (id: string) => comm.received.slice(from).filter((each) => each.comm === id);
    const seqs = (id: string): number[] =>
      of(id).flatMap(({ message }) => (message.type === "events" ? message.events.map((event) => event.seq) : []));
    expect(seqs(first)).toEqual(seqs(second));
    expect(seqs(second).length).toBeGreaterThan(0);
    expect(of(first).filter(({ message }) => message.type === "reply")).toEqual([]);
    expect(of(second).filter(({ message }) => message.type === "reply")).toHaveLength(1);
  });
});
