/** Calls without `await`, printed stages, and everything that the bridge must not print. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

describe("what cells print", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cells({
      limit: `const limit = param("limit", 5, { unit: "km" });`,
      clean: `const clean = stage("clean", { limit }, ({ limit }) => { ${ran("clean")} return [limit]; });`,
      broken: `const broken = stage("broken", () => { throw new Error("it broke"); });`,
    });
  });
  afterAll(() => notebook.kernel.stop());

  test("[Y1] a stage as the last line says how to run it, and runs nothing", async () => {
    let text = "";
    const ranMeanwhile = await notebook.executed(async () => {
      text = (await notebook.cell("x", "clean")).text;
    });
    expect(text).toMatch(/^clean · new.*await clean\(\)\n$/);
    expect(ranMeanwhile).toEqual([]);
  });

  test("[Y1] a stage passed to console.log prints the same", async () => {
    expect((await notebook.cell("x", "console.log(clean);")).stdout).toMatch(/^clean · new.*await clean\(\)\n$/);
  });

  test("[Y1] a call without await reports that await is missing", async () => {
    const before = notebook.events.length;
    const cell = await notebook.cell("x", "clean()");
    // Not only until the stage is fresh: until its run has ended, the parameter is in use.
    const hasEnded = (): boolean => notebook.events.slice(before).some(({ type }) => type === "run:ended");
    await notebook.kernel.until(hasEnded, "the run of clean has ended");
    expect(notebook.status("clean")).toBe("fresh");
    expect(cell.text).toContain("add await to see the result");
    expect(cell.text).toContain("clean");
  });

  test("[Y1] a fresh stage prints its last duration and its output; a stale one says why", async () => {
    await notebook.cell("x", "limit.reset(); await clean();");
    expect((await notebook.cell("x", "clean")).stdout).toMatch(/^clean · fresh · last (<1|\d+) ms, .*await clean\(\)/);
    await notebook.cell("x", "limit.set(6);");
    expect((await notebook.cell("x", "clean")).stdout).toMatch(/^clean · stale: limit 5 → 6/);
  });

  test("[Y1] a parameter and a plan have a text of their own", async () => {
    await notebook.cell("x", "limit.reset(); await clean(); limit.set(6);");
    expect((await notebook.cell("x", "limit")).stdout).toBe("limit = 6 km (default 5)\n");
    expect((await notebook.cell("x", "console.log(await clean.plan());")).stdout).toMatch(/^run\s+clean\s+limit 5 → 6/);
    await notebook.cell("x", "limit.reset();");
  });

  test("[Y1] the definition of a stage prints nothing", async () => {
    expect((await notebook.cell("quiet", `const quiet = stage("quiet", () => 1);`)).text).toBe("");
  });

  test("[R9] an un-awaited failing call is reported in the cell and in the log", async () => {
    const cell = await notebook.kernel.run("broken(); 1;", { cell: "lost" });
    await notebook.kernel.until(
      (events) => events.some((event) => event.type === "log:written" && /was not awaited/.test(event.record.message)),
      "the lost error is in the log",
    );
    await expect.poll(() => cell.stderr).toMatch(/broken failed and was not awaited \(add `await`\): .*it broke/);
    await notebook.settled();
    const lost = notebook.view.log.filter((record) => /was not awaited/.test(record.message));
    expect(lost).toEqual([expect.objectContaining({ level: "error", stage: "broken", cell: "lost" })]);
  });

  test("[R9] an un-awaited failure does not end the kernel, and is not reported when the call is awaited later", async () => {
    await notebook.settled();
    const before = notebook.view.log.length;
    const cell = await notebook.cell(
      "handled",
      `const attempt = broken(); await attempt.catch((error) => console.log("caught", error.code));`,
    );
    expect(cell.text).toBe("caught stage-failed\n");
    const lines = notebook.view.log.slice(before).filter((record) => /nothing waited/.test(record.message));
    expect(lines).toEqual([]);
  });

  test.each([`throw new Error("mine");`, `await null; throw new Error("mine");`])(
    "[Y1] the error of a plain cell has no frames of Stagebook: %s",
    async (code) => {
      const text = await notebook.failing("x", code);
      expect(text).toContain("Error: mine");
      expect(text).not.toMatch(/kernel-lib|stagebook/);
    },
  );

  test("[Y1] the bridge prints nothing: comms opened, unknown targets, messages, closings, comm_info, history", async () => {
    const { kernel } = notebook;
    const waiting = `while (!require("fs").existsSync("go.txt")) await new Promise((done) => setTimeout(done, 20));`;
    const cell = kernel.run(`${waiting} 7;`, { cell: "busy" });
    await kernel.until((_events, view) => view.cells.busy?.status === "running", "the cell is busy");
    const before = kernel.iopub.length;
    const comm = await kernel.openComm();
    await kernel.command({ type: "set-params", values: { limit: 9 } });
    await kernel.command({ type: "reset-params" });
    const info = await kernel.request("comm_info_request", {});
    expect(info).toMatchObject({ status: "ok", comms: { [comm]: { target_name: "stagebook" } } });
    await kernel.request("comm_info_request", { target_name: "no.such.target" });
    // A page that opens the notebook asks for what was typed before.
    const history = { output: false, raw: true, hist_access_type: "tail", n: 500 };
    expect(await kernel.request("history_request", history)).toEqual({ status: "ok", history: [] });
    send(notebook, "comm_open", { comm_id: "foreign", target_name: "jupyter.widget", data: {} });
    send(notebook, "comm_msg", { comm_id: "never-opened", data: { x: 1 } });
    send(notebook, "comm_close", { comm_id: "never-opened", data: {} });
    send(notebook, "comm_close", { comm_id: comm, data: {} });
    kernel.comm.open.splice(kernel.comm.open.indexOf(comm), 1);
    await notebook.settled();
    const streams = kernel.iopub.slice(before).filter(({ type }) => type === "stream" || type === "display_data");
    expect(streams).toEqual([]);
    writeFileSync(join(kernel.cwd, "go.txt"), "");
    expect((await cell).text).toBe("7\n");
    const closed = kernel.iopub.slice(before).filter(({ type }) => type === "comm_close");
    expect(closed.map(({ content }) => content.comm_id)).toContain("foreign");
  });

  test("[Y1] comm_info lists only the comms of the requested target", async () => {
    const { comms } = await notebook.kernel.request("comm_info_request", { target_name: "no.such.target" });
    expect(comms).toEqual({});
  });

  test("[Y1] kernel_info contains the version of Stagebook", async () => {
    expect((await notebook.kernel.kernelInfo()).stagebook).toMatch(/^\d+\.\d+\.\d+/);
  });

  test("[O4] a run started over the comm writes nothing into cells, and its prints are in the log", async () => {
    const { kernel } = notebook;
    await notebook.cell(
      "loud",
      `const loud = stage("loud", () => { console.log("to the log"); process.stdout.write("raw\\n"); console.error("bad"); return 1; });`,
    );
    const before = kernel.iopub.length;
    const lines = notebook.view.log.length;
    expect(await kernel.command({ type: "run", targets: ["loud"] })).toEqual({ status: "succeeded", executed: 1 });
    await notebook.settled();
    expect(kernel.iopub.slice(before).filter(({ type }) => type === "stream")).toEqual([]);
    expect(notebook.view.log.slice(lines).map((record) => `${record.level} ${record.message}`)).toEqual([
      "info to the log",
      "info raw",
      "error bad",
    ]);
  });
});

/** A comm message that no page of ours would send. */
function send(notebook: Notebook, type: string, content: { readonly [name: string]: unknown }): void {
  void notebook.kernel.request(type, content, "shell", 1).catch(() => undefined);
}
