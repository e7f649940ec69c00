/** A secret that is typed into the form: it goes to the kernel once, and is in nothing that the kernel sends, prints or writes. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json, ParamView } from "stagebook/protocol";
import { currentValues, fitPreset } from "../../../lab-extension/src/model/params/presets";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

const TYPED = 'typed-"secret"-8f3a1c';
const OTHER = "other-secret-77b2d9";

describe("[Y9] a secret that is typed into the form", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cells({
      p: `const password = param("password", "", { secret: true, description: "of the database" });`,
      plain: `const user = param("user", "ann");`,
      connect: `const connect = stage("connect", { password, user }, ({ password, user }) => { ${ran("connect")} return user.length + password.length; });`,
      tells: `const tells = stage("tells", { password }, ({ password }, { log }) => { log.info("used " + password); console.log("printed", password); return { password }; });`,
      fails: `const fails = stage("fails", { password }, ({ password }) => { if (password) throw new Error("refused " + password); return 0; });`,
    });
    await notebook.kernel.command({ type: "set-params", values: { password: TYPED } });
    await notebook.kernel.until((_events, view) => view.params.password?.overridden === true, "the password is set");
  });
  afterAll(() => notebook.kernel.stop());

  const set = (values: Readonly<Record<string, Json>>) => notebook.kernel.command({ type: "set-params", values });
  const viewOf = (): ParamView => notebook.view.params.password as ParamView;

  /** Where a secret is in what the kernel has sent or written. */
  function places(secret: string): readonly string[] {
    const forms = [secret, JSON.stringify(secret).slice(1, -1), JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1)]; // prettier-ignore
    const has = (text: string): boolean => forms.some((form) => text.includes(form));
    const sent = notebook.kernel.iopub.filter(({ content }) => has(JSON.stringify(content)));
    const store = join(notebook.kernel.cwd, ".stagebook");
    const files = readdirSync(store, { recursive: true, encoding: "utf8" })
      .map((name) => join(store, name))
      .filter((name) => statSync(name, { throwIfNoEntry: false })?.isFile() && has(readFileSync(name, "latin1")));
    return [...sent.map(({ type }) => type), ...files];
  }

  test("the form learns that it is set, and nothing more", () => {
    expect(viewOf()).toMatchObject({ kind: "secret", value: null, default: null, text: "•••", defaultText: "not set", overridden: true }); // prettier-ignore
    expect(places(TYPED)).toEqual([]);
  });

  test("stages get it; what they log, print, return and throw does not show it", async () => {
    expect(await notebook.executed(() => notebook.cell("run", "await connect();"))).toEqual(["connect"]);
    const shown = await notebook.cell("shown", "const told = await tells(); show(told); show([told]); console.log(told, password.value, password);"); // prettier-ignore
    expect(shown.stdout).toContain("•••");
    expect(await notebook.failing("failing", "await fails();")).toContain("refused •••");
    await notebook.kernel.command({ type: "preview", stage: "tells" });
    await notebook.kernel.command({ type: "explain", stage: "connect" });
    await notebook.kernel.command({ type: "history", stage: "connect" });
    await notebook.kernel.command({ type: "what-if", values: { password: OTHER } });
    await notebook.kernel.command({ type: "sync" });
    await expect(set({ password: 5 })).rejects.toThrow(/its value must be string/);
    await notebook.settled();
    expect(places(TYPED)).toEqual([]);
    expect(places(OTHER)).toEqual([]);
  });

  test("another secret makes its readers stale, the same one again does not", async () => {
    await set({ password: OTHER });
    await notebook.kernel.until((_events, view) => view.stages.connect?.status === "stale", "connect is stale");
    expect(notebook.reasons("connect").join()).toContain("password");
    await notebook.cell("run", "await connect();");
    await set({ password: TYPED });
    expect(await notebook.executed(() => notebook.cell("run", "await connect();"))).toEqual([]);
    expect([...places(TYPED), ...places(OTHER)]).toEqual([]);
  });

  test("it is in no preset, and restoring a result leaves it as it is", async () => {
    expect(Object.keys(currentValues(notebook.view))).toEqual(["user"]);
    expect(fitPreset(notebook.view, { name: "", values: { password: "x", user: "bob" } })).toEqual({
      values: { user: "bob" },
      unknown: ["password"],
    });
    const { rows } = await notebook.kernel.command({ type: "history", stage: "connect" });
    await set({ user: "bob" });
    await notebook.kernel.command({ type: "restore", stage: "connect", key: rows.at(-1)?.key ?? "" });
    await notebook.kernel.until((_events, view) => view.params.user?.value === "ann", "the user is restored");
    expect(viewOf().overridden).toBe(true);
  });

  test("the next kernel does not have it", async () => {
    await notebook.restart();
    await notebook.cell("p", `const password = param("password", "", { secret: true });`);
    expect(viewOf()).toMatchObject({ text: "not set", overridden: false });
    expect(places(TYPED)).toEqual([]);
  });

  test.each([
    [`param("bad", 5, { secret: true })`, "a secret is a text"],
    [`param("bad", "a", { secret: true, choices: ["a", "b"] })`, "a secret has no choices"],
    [`param("bad", "", { secret: "yes" as any })`, "secret is not true or false"],
  ])("%s is refused", async (code, why) => {
    expect(await notebook.failing("bad", `const bad = ${code.replace("5,", "5 as any,")};`)).toContain(why);
  });
});
