/** Secrets: of 30 that are planted, none is in anything that is written or printed. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { digestValue } from "../../kernel-lib/src/key/values/canonical";
import { callStagebook, documentOf, type CommandEnd } from "../rig/command-rig";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";

vi.setConfig({ testTimeout: 240_000 });

/** What each stage does with its secret, which is `p`. */
const uses: readonly string[] = [
  `({ p }) => p.length`,
  `({ p }, { log }) => { log.info("with " + p, { p, nested: { list: [p] } }); return 1; }`,
  `({ p }) => { console.log(p); console.warn("warn", { p }); console.error([p]); process.stdout.write("raw " + p + "\\n"); return 1; }`,
  `({ p }) => { throw new Error("refused: " + p); }`,
  `({ p }) => { throw { code: "E", message: "refused: " + p }; }`,
  `({ p }) => { throw new Error("outer", { cause: new TypeError("inner " + p) }); }`,
  `({ p }) => { throw new AggregateError([new Error("first " + p)], "all"); }`,
  `({ p }) => p`,
  `({ p }) => ({ url: "https://user:" + p + "@host", deep: [new Map([["k", p]])] })`,
  `({ p }) => Buffer.from("bytes " + p)`,
  `function* ({ p }) { for (let at = 0; at < 300; at++) yield p + at; }`,
  `({ p }) => { console.log("from a thread", p); return p.length; }|worker`,
  `({ p }) => ({ p })|worker`,
  `({ p }) => { throw new RangeError("in a thread " + p); }|worker`,
  `function* ({ p }) { yield { p }; }|worker`,
  `({ p }, { log }) => { log.warn(encodeURIComponent(p) + " " + Buffer.from(p).toString("base64") + " " + JSON.stringify({ p })); return 1; }`,
  `({ p }) => p.length|logged`,
  `({ p }) => p.length|untracked`,
  `({ p }, { report }) => { report?.({ done: 1, total: 1 }); return [...p].reverse().length; }`,
  `({ p }) => { process.stderr.write(p); return { summary: p.slice(0, 3).length }; }`,
  `({ p }) => new Uint16Array([...p].map((each) => each.charCodeAt(0)))`,
  `async ({ p }) => { await null; throw p; }`,
  `async ({ p }, { fileOut }) => { const path = fileOut("out.txt"); writeFileSync(path, "x".repeat(70000) + p); return path; }`,
  `({ p }, { log }) => { log.error(new Error("stack " + p).stack ?? "", { error: new Error(p) }); return new Set([p]); }`,
];
const secretOf = (nth: number): string =>
  `${nth === 1 ? 'q"uo\\te\n' : nth === 2 ? "pässwörd✓" : ""}planted-${nth}-${(nth * 7919 + 104729).toString(36)}-${"x".repeat(nth % 5)}end`;
const secrets = Array.from({ length: 30 }, (_, nth) => secretOf(nth));
const environment = Object.fromEntries(secrets.map((secret, nth) => [`PLANTED_${nth}`, secret]));

const definitions = uses.map((use, nth) => {
  const [fn = "", kind = ""] = use.split("|");
  const options = kind === "worker" ? ", { worker: true }" : kind === "logged" ? ', { logged: ["p"] }' : "";
  return `const p${nth} = param("p${nth}", "", { secret: true${kind === "untracked" ? ", tracked: false" : ""} });
const s${nth} = stage("s${nth}", { p: p${nth} }, ${fn}${options});`;
});
/** The secrets from `uses.length` on. */
const more = uses.length;
const cells = [
  'import { writeFileSync } from "node:fs";',
  'import { createPipeline, each, param, show, stage, pipeline } from "stagebook";',
  ...definitions,
  `const p${more} = param("p${more}", "", { secret: true });
const captured = p${more}.value;
const usesCaptured = stage("captured", () => captured.length);
const usesValue = stage("value", { fixed: captured }, ({ fixed }) => fixed.length);`,
  `const p${more + 1} = param("p${more + 1}", "", { secret: true });
const items = each("items", stage("numbers", () => [1, 2, 3]), { p: p${more + 1} }, (item, { p }) => ({ item, p }));`,
  `const p${more + 2} = param("p${more + 2}", "", { secret: true });
const ranged = stage("ranged", { p: p${more + 2} }, ({ p }) => p.length);
await ranged.with({ p${more + 2}: process.env.PLANTED_${more + 2} })();
p${more + 2}.set(process.env.PLANTED_${more + 2} ?? "");`,
  `const p${more + 3} = param("p${more + 3}", "", { secret: true });
show(p${more + 3}); console.log(p${more + 3}.value, p${more + 3}); console.log(String(p${more + 3}));
show([{ password: p${more + 3}.value }]); show(p${more + 3}.value);`,
  `const p${more + 4} = param("p${more + 4}", "", { secret: true, schema: { type: "string", pattern: "^(.{5,})?$" } as any });
const below = stage("below", { s0, p: p${more + 4} }, ({ s0, p }) => s0 + p.length);
console.log(await below());
await below.exportInputs(process.env.EXPORTED ?? "");`,
  `const p${more + 5} = param("group/p${more + 5}", "", { secret: true, description: "the password", unit: "text" });
const unawaited = stage("unawaited", { p: p${more + 5} }, ({ p }) => { throw new Error("nobody waits " + p); });
void unawaited();`,
  `await pipeline.run().catch(() => undefined);
console.log(await pipeline.plan(), await s0.history(), await s0.explain(), pipeline.toMermaid(), pipeline.toDot(), JSON.stringify(pipeline.toJSON()));`,
];

let folder: NotebookFolder;
const ends: CommandEnd[] = [];
const nameOf = (nth: number): string => (nth === more + 5 ? `group/p${nth}` : `p${nth}`);
const given = secrets.flatMap((_, nth) => ["--set-secret", `${nameOf(nth)}=env:PLANTED_${nth}`]);
async function run(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<CommandEnd> {
  const end = await callStagebook(args, { cwd: folder.path, environment: { ...environment, ...more } }); // prettier-ignore
  ends.push(end);
  return end;
}

beforeAll(() => {
  Object.assign(process.env, environment);
  folder = createNotebookFolder({ "n.ts": cells.join("\n") });
  process.env.EXPORTED = join(folder.path, "exported");
});
afterAll(() => {
  for (const name of [...Object.keys(environment), "EXPORTED"]) Reflect.deleteProperty(process.env, name);
  folder.remove();
});

/** Every way in which bytes can hold a secret. */
const formsOf = (secret: string): readonly Buffer[] => [
  Buffer.from(secret),
  Buffer.from(secret, "utf16le"),
  Buffer.from(secret, "latin1"),
  Buffer.from(JSON.stringify(secret).slice(1, -1)),
  Buffer.from(encodeURIComponent(secret)),
  Buffer.from(Buffer.from(secret).toString("base64")),
];

function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .map((name) => join(path, name))
    .filter((name) => !name.includes("node_modules") && statSync(name, { throwIfNoEntry: false })?.isFile());
}

/** `place: number of the secret`. */
function findPlanted(): readonly string[] {
  const places = [
    ...filesIn(folder.path).map((name) => ({ name, bytes: Buffer.concat([Buffer.from(name), readFileSync(name)]) })),
    ...ends.map(({ stdout, stderr }, at) => ({ name: `command ${at}`, bytes: Buffer.from(stdout + stderr) })),
  ];
  return places.flatMap(({ name, bytes }) =>
    secrets.flatMap((secret, nth) => (formsOf(secret).some((form) => bytes.includes(form)) ? [`${name}: ${nth}`] : [])),
  );
}

describe("[Y9] planted secrets", () => {
  test("none is in the store, the records of runs, the lock, the exports, the outputs, the notebook or the terminal", async () => {
    expect(more + 6).toBe(secrets.length);
    const first = await run(["run", "n.ts", ...given, "--lock"]);
    expect(first.stdout + first.stderr).toContain("•••");
    const document = documentOf(await run(["run", "n.ts", ...given, "--json"]));
    expect(document.params).toMatchObject({ p0: null, p1: null });
    await run(["run", "n.ts", ...given, "--target", "below", "--update-lock"]);
    for (const args of [
      ["plan", "n.ts"],
      ["plan", "n.ts", "--json"],
      ["explain", "n.ts", "s0", "--json"],
      ["explain", "n.ts", "captured", "--json"],
      ["params", "n.ts"],
      ["params", "n.ts", "--json"],
      ["audit", "n.ts", "--all", "--json"],
      ["export", "mermaid", "n.ts", "-o", "graph.md"],
      ["export", "dot", "n.ts", "-o", "graph.dot"],
      ["export", "svg", "n.ts", "-o", "graph.svg"],
      ["export", "airflow", "n.ts", "-o", "dag.py"],
    ])
      await run([...args, ...given]);
    for (const nth of uses.keys()) {
      await run(["history", "n.ts", `s${nth}`, "--json"]);
      await run(["log", "n.ts", `s${nth}`, "--all"]);
      await run(["log", "n.ts", `s${nth}`, "--json"]);
      await run(["get", "n.ts", `s${nth}`]);
    }
    // What a command without the secrets still finds.
    await run(["plan", "n.ts", "--json"]);
    await run(["run", "n.ts"]);
    await run(["verify"]);
    expect(findPlanted()).toEqual([]);
    expect(filesIn(join(folder.path, ".stagebook")).length).toBeGreaterThan(10);
    expect(filesIn(join(folder.path, "exported")).length).toBeGreaterThan(0);
    expect(folder.read("pipeline.lock")).toContain("•••");
  });

  test("a result that does not contain its secret is stored, and found again with the same secret only", async () => {
    const counted = async (secret: string): Promise<unknown> => {
      const target = ["run", "n.ts", "--target", "s0", "--json", "--set-secret", "p0=env:ONE"];
      return documentOf(await run(target, { ONE: secret })).executed;
    };
    const [a, b] = ["another-secret-a", "another-secret-b"];
    expect([await counted(a), await counted(a), await counted(b), await counted(a), await counted(b)]).toEqual([1, 0, 1, 0, 0]); // prettier-ignore
  });

  test("its digest needs a key: that of the user on this machine, or the one that signs the results of a team", async () => {
    const keyWith = async (trust: Readonly<Record<string, string>>): Promise<unknown> => {
      const end = await run(["run", "n.ts", "--target", "s0", "--json", "--set-secret", "p0=env:PLANTED_0"], { ...trust, STAGEBOOK_STORE: "other" }); // prettier-ignore
      return documentOf(end).stages.find(({ name }) => name === "s0")?.key;
    };
    const [none, team] = [await keyWith({}), await keyWith({ STAGEBOOK_TRUST_KEY: "a long secret of the team" })];
    expect(await keyWith({})).toBe(none);
    expect(team).not.toBe(none);
    const keyFile = filesIn(join(folder.path, "other")).filter((name) => name.endsWith(".secret-key"));
    expect(keyFile).toHaveLength(1);
    if (process.platform !== "win32") expect(statSync(keyFile[0] ?? "").mode & 0o777).toBe(0o600);
    for (const name of keyFile) writeFileSync(name, "damaged");
    const after = await keyWith({});
    expect([after === none, await keyWith({})]).toEqual([false, after]);
    expect(await keyWith({ STAGEBOOK_TRUST_KEY: "a long secret of the team" })).toBe(team);
    expect(findPlanted()).toEqual([]);
  });
});

describe("[Y9] digests of what contains a secret", () => {
  const secret = "digested-planted-5c1f";
  /** What the stages of the script capture, return or read. */
  const values = [
    secret,
    { user: "ann", password: secret },
    [secret],
    new Map([["password", secret]]),
    new Set([secret]),
    Buffer.from(secret),
    Buffer.from(`${"x".repeat(300_000)}${secret}`),
    `${"x".repeat(100_000)}${secret}`,
    { password: { toString: secret } },
    new Error(secret),
    Uint16Array.from(secret, (each) => each.charCodeAt(0)),
  ];
  const script = `import { writeFileSync, readFileSync } from "node:fs";
import { createPipeline, file } from "stagebook";
const { param, stage, each } = createPipeline();
const password = param("password", "", { secret: true });
const captured = password.value;
const inText = "x".repeat(100_000) + captured;
const inObject = { user: "ann", password: captured };
const [inList, inMap, inSet, inBytes] = [[captured], new Map([["password", captured]]), new Set([captured]), Buffer.from(captured)];
const inLarge = Buffer.from("x".repeat(300_000) + captured);
class Login { constructor(readonly password: string) {} }
const inInstance = new Login(captured);
const use = (text: string, n: number) => text.length + n;
const bound = use.bind(null, captured);
const keep = (text: string) => () => text.length;
const inClosure = keep(captured);
stage("c0", () => captured.length);
stage("c1", () => inObject.password.length);
stage("c2", () => [inList.length, inMap.size, inSet.size, inBytes.length, inText.length, inLarge.length]);
stage("c3", () => inInstance.password.length);
stage("c4", () => bound(1) + inClosure());
stage("c5", { fixed: captured }, ({ fixed }) => fixed.length);
stage("c6", { options: { fixed: [captured] } }, ({ options }) => options.fixed.length);
stage("c7", () => 1, { seed: captured });
stage("c8", () => 1, { version: captured });
stage("c9", () => process.env.DIGESTED?.length ?? 0);
stage("c10", () => { const name = ["DIG", "ESTED"].join(""); return process.env[name]?.length ?? 0; });
stage("c13", { f: file("only-the-secret.txt") }, ({ f }) => readFileSync(f.path, "utf8").length);
stage("c11", () => readFileSync("FOLDER/only-the-secret.txt", "utf8").length);
const user = param("user", captured);
stage("c12", { user }, ({ user }) => user.length);
const whole = stage("r0", { password }, ({ password }) => password);
stage("r1", { whole }, ({ whole }) => whole.length);
const object = stage("r2", { password }, ({ password }) => ({ user: "ann", password }));
stage("r3", { object }, ({ object }) => object.user);
const thread = stage("r4", { password }, ({ password }) => ({ user: "ann", password }), { worker: true });
stage("r5", { thread }, ({ thread }) => thread.user);
const names = stage("r6", { password }, ({ password }) => [password, password + "b"]);
const items = each("r7", names, (name) => name.length, { worker: true, cacheItems: true });
stage("r8", { items }, ({ items }) => items);
`;
  const hex = (data: Buffer | string): string => createHash("sha256").update(data).digest("hex");
  const digests = [...[secret, `${secret}\n`].flatMap(formsOf).map(hex), ...values.map((value) => digestValue(value))]; // prettier-ignore

  test("none is one that can be computed without the key", async () => {
    writeFileSync(join(folder.path, "d.ts"), script.replace("FOLDER", folder.path.replaceAll("\\", "/")));
    writeFileSync(join(folder.path, "only-the-secret.txt"), `${secret}\n`);
    const set = ["--set-secret", "password=env:DIGESTED"];
    const environment = { DIGESTED: secret, STAGEBOOK_STORE: "digests" };
    process.env.DIGESTED = secret;
    const texts: string[] = [];
    try {
      const end = documentOf(await run(["run", "d.ts", ...set, "--json", "--lock"], environment));
      expect(end.stages.filter(({ outcome }) => outcome === "failed" || outcome === "blocked")).toEqual([]);
      // Digests under the key are the same in the next process.
      const again = documentOf(await run(["run", "d.ts", ...set, "--json"], environment));
      const names = again.stages.filter(({ outcome }) => outcome === "ran").map(({ name }) => name);
      expect(names.filter((name) => name.startsWith("c"))).toEqual([]);
      for (const name of ["c0", "c5", "c10", "r3", "r8"])
        texts.push((await run(["explain", "d.ts", name, "--json", ...set], environment)).stdout);
      texts.push((await run(["plan", "d.ts", "--json", ...set], environment)).stdout);
    } finally {
      delete process.env.DIGESTED;
    }
    const found = [
      ...filesIn(folder.path).map((name) => [name, readFileSync(name)] as const),
      ...texts.map((text, at) => [`text ${at}`, Buffer.from(text)] as const),
    ].flatMap(([name, bytes]) =>
      digests.flatMap((digest, at) =>
        // Texts show the first eight digits.
        [digest, `sha256 ${digest.slice(0, 8)}`, Buffer.from(digest, "hex")].some((form) => bytes.includes(form))
          ? [`${name}: ${at}`]
          : [],
      ),
    );
    expect(found).toEqual([]);
  });
});

describe("[Y9] a secret that cannot be masked", () => {
  test.each([
    [
      "of three characters is refused",
      `const p = param("p", "", { secret: true }); stage("a", { p }, ({ p }) => p.length);`,
      "p=env:SHORT",
      /parameter "p": its value has fewer than 4 characters, so that it cannot be masked/,
    ],
    [
      "as the default is refused",
      `const p = param("p", "abc", { secret: true }); stage("a", { p }, ({ p }) => p.length);`,
      undefined,
      /parameter "p": its default has fewer than 4 characters/,
    ],
    [
      "in the grid of a sweep is refused",
      `const p = param("p", "", { secret: true }); const a = stage("a", { p }, ({ p }) => p.length); a.sweep({ p: ["planted-in-the-grid"] });`,
      undefined,
      /the grid of a\.sweep has values of the secret p, which its rows would show/,
    ],
  ])("%s", async (_what, code, set, why) => {
    writeFileSync(join(folder.path, "short.ts"), `import { createPipeline } from "stagebook";\nconst { param, stage } = createPipeline();\n${code}`); // prettier-ignore
    const end = await run(["plan", "short.ts", ...(set === undefined ? [] : ["--set-secret", set])], { SHORT: "s7!" });
    expect(end.code).not.toBe(0);
    expect(end.stdout + end.stderr).toMatch(why);
    expect(end.stdout + end.stderr).not.toMatch(/s7!|planted-in-the-grid/);
  });

  test("of four characters is masked in outputs, and what contains it is not stored", async () => {
    writeFileSync(join(folder.path, "four.ts"), 'import { createPipeline } from "stagebook";\nconst { param, stage } = createPipeline();\nconst p = param("p", "", { secret: true });\nconst a = stage("a", { p }, ({ p }) => { console.log("said " + p); return { p }; });\nconsole.log(await a());'); // prettier-ignore
    const end = await run(["run", "four.ts", "--set-secret", "p=env:SHORT"], {
      SHORT: "s7!Q",
      STAGEBOOK_STORE: "four",
    });
    expect([end.code, end.stdout + end.stderr]).toEqual([0, expect.stringContaining("said •••")]);
    expect(end.stdout + end.stderr).not.toContain("s7!Q");
    const files = filesIn(join(folder.path, "four"));
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((name) => readFileSync(name).includes("s7!Q"))).toEqual([]);
  });
});

describe("[Y9] --set-secret", () => {
  test.each([
    [["--set-secret", "p0=env:NO_SUCH_VARIABLE"], /NO_SUCH_VARIABLE, for the secret p0, is not set/],
    [["--set-secret", "p0=planted-in-the-command-line"], /--set-secret is not of the form name=env:VARIABLE/],
    [["--set-secret", "nope=env:PLANTED_0"], /parameter "nope" does not exist/],
    [
      ["--set", "p0=planted-in-the-command-line"],
      /is a secret, which --set would show\. Write --set-secret p0=env:VARIABLE/,
    ],
    [["--set-secret", `p${more + 4}=env:SHORT`], /its value must match pattern/],
  ])("%j is a usage error that does not repeat the value", async (args, why) => {
    const end = await run(["plan", "n.ts", ...args], { SHORT: "s7!x" });
    expect([end.code, end.stderr]).toEqual([2, expect.stringMatching(why)]);
    expect(end.stdout + end.stderr).not.toMatch(/planted-in-the-command-line|s7!x/);
  });

  test("a parameter that is not secret is not set by it", async () => {
    writeFileSync(join(folder.path, "plain.ts"), 'import { createPipeline } from "stagebook";\nconst { param, stage } = createPipeline();\nconst n = param("n", "");\nstage("a", { n }, ({ n }) => n);'); // prettier-ignore
    const end = await run(["plan", "plain.ts", "--set-secret", "n=env:PLANTED_0"]);
    expect([end.code, end.stderr]).toEqual([2, expect.stringContaining('parameter "n" is not a secret')]);
  });
});
