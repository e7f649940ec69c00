/** Kinds of read that are rarer: failures, the rest of `process` and `os`, other clocks, threads. */
import type { ReadKindRow } from "./read-kinds";

const fs = 'const fs = require("fs");';
const attempt = (call: string): string => `${fs} try { ${call} } catch (error) { return error.code; }`;

const files: readonly ReadKindRow[] = [
  ...[
    ["fs.readvSync", `const f = fs.openSync("data/a.txt"); fs.readvSync(f, [Buffer.alloc(2)]); fs.closeSync(f);`],
    ["new fs.ReadStream", `for await (const _ of new fs.ReadStream("data/a.txt"));`],
    [
      "FileHandle.readv",
      `const f = await fs.promises.open("data/a.txt"); await f.readv([Buffer.alloc(2)]); await f.close();`,
    ],
    [
      "FileHandle.readableWebStream",
      `const f = await fs.promises.open("data/a.txt"); for await (const _ of f.readableWebStream()); await f.close().catch(() => undefined);`,
    ],
    [
      "fs.createReadStream of a descriptor",
      `const f = fs.openSync("data/a.txt"); for await (const _ of fs.createReadStream("", { fd: f }));`,
    ],
    [
      "a file and then more of it by the execution",
      `fs.appendFileSync("data/a.txt", "x"); fs.readFileSync("data/a.txt");`,
    ],
  ].map(([title = "", code = ""]) => ({ group: "Files", title, code: `${fs} ${code}`, counts: ["file data/a.txt"] })),
  {
    group: "Files",
    title: "fs.promises.cp of a folder",
    code: `${fs} await fs.promises.cp("data/sub", "copied", { recursive: true });`,
    counts: ["file data/sub/c.txt", "folder data/sub"],
  },
  {
    group: "Folders",
    title: "fs.promises.opendir, recursive",
    code: `${fs} for await (const _ of await fs.promises.opendir("data", { recursive: true }));`,
    counts: ["folder data", "folder data/sub"],
  },
  {
    group: "Folders",
    title: "fs.opendir with callbacks",
    code: `${fs} await new Promise((done) => fs.opendir("data", (_, dir) => dir.read(() => dir.close(done))));`,
    counts: ["folder data"],
  },
  {
    group: "Existence and properties",
    title: "stat().mode",
    code: `${fs} fs.statSync("data/a.txt").mode;`,
    counts: ["mode of data/a.txt"],
  },
  {
    group: "Existence and properties",
    title: "size after more was added",
    code: `${fs} fs.appendFileSync("data/a.txt", "x"); fs.statSync("data/a.txt").size;`,
    counts: ["size of data/a.txt"],
  },
  {
    group: "Existence and properties",
    title: "fs.statfs",
    code: `${fs} return await new Promise((done) => fs.statfs("data", (_, all) => done(all.bfree)));`,
    names: ["fs.statfs()"],
  },
];

/** What is there, or is missing, decides it. */
const failures: readonly ReadKindRow[] = [
  ["fs.unlinkSync of a missing file", `fs.unlinkSync("none.txt");`, "existence of none.txt"],
  ["fs.rmdirSync of a folder with files", `fs.rmdirSync("data");`, "folder data"],
  ["fs.renameSync of a missing file", `fs.renameSync("none.txt", "x");`, "existence of x", "file none.txt"],
  ["fs.symlinkSync over a file", `fs.symlinkSync("b.txt", "data/a.txt");`, "existence of data/a.txt"],
  ["fs.linkSync over a file", `fs.linkSync("data/b.txt", "data/a.txt");`, "existence of data/a.txt", "file data/b.txt"],
  ["fs.mkdirSync over a folder", `fs.mkdirSync("data");`, "existence of data"],
  [
    "fs.copyFileSync over a file",
    `fs.copyFileSync("data/b.txt", "data/a.txt", 1);`,
    "existence of data/a.txt",
    "file data/b.txt",
  ],
  ["fs.truncateSync of a missing file", `fs.truncateSync("none.txt");`, "existence of none.txt"],
  ["fs.chmodSync of a missing file", `fs.chmodSync("none.txt", 0o644);`, "existence of none.txt"],
  ["fs.utimesSync of a missing file", `fs.utimesSync("none.txt", 1, 1);`, "existence of none.txt"],
  [
    "fs.writeFileSync into a missing folder",
    `fs.writeFileSync("none/in/x", "");`,
    "existence of none",
    "existence of none/in/x",
  ],
  [
    "fs.promises.writeFile into a missing folder",
    `await fs.promises.writeFile("none/x", "");`,
    "existence of none",
    "existence of none/x",
  ],
].map(([title = "", call = "", ...counts]) => ({ group: "Failures", title, code: attempt(call), counts }));

const modules: readonly ReadKindRow[] = [
  {
    group: "Modules",
    title: "require.resolve",
    code: 'return require.resolve("./mod.json");',
    counts: ["existence of mod.json"],
  },
  {
    group: "Modules",
    title: "require of a module that is missing",
    code: 'try { return require("./none.json"); } catch {}',
    counts: ["", ".js", ".json", ".node"].map((extension) => `existence of none.json${extension}`),
  },
  {
    group: "Modules",
    title: "process.getBuiltinModule",
    code: 'return (process.getBuiltinModule ?? require)("fs").readFileSync("data/a.txt");',
    counts: ["file data/a.txt"],
  },
];

const environment: readonly ReadKindRow[] = [
  ["hasOwnProperty", 'return process.env.hasOwnProperty("OBSERVED");'],
  ["Reflect.get", 'return Reflect.get(process.env, "OBSERVED");'],
  ["Object.getOwnPropertyDescriptor", 'return Object.getOwnPropertyDescriptor(process.env, "OBSERVED").value;'],
].map(([title = "", code = ""]) => ({ group: "Environment", title, code, counts: ["variable OBSERVED"] }));

const folder: ReadKindRow = {
  group: "Environment",
  title: "url.pathToFileURL in the result",
  code: 'return require("url").pathToFileURL("data").href;',
  counts: ["working folder"],
};

const zones: readonly ReadKindRow[] = [
  ..."setDate setFullYear setMilliseconds setMinutes setMonth setSeconds".split(" ").map((name) => ({
    group: "Time zone",
    title: `Date.${name}`,
    code: `return new Date(0).${name}(3);`,
    counts: ["time zone"],
  })),
  {
    group: "Time zone",
    title: "structuredClone of a date",
    code: "return structuredClone(new Date(0)).getHours();",
    counts: ["time zone"],
  },
  {
    group: "Locale",
    title: "toLocaleLowerCase",
    code: 'return "I".toLocaleLowerCase();',
    counts: ["locale"],
  },
  {
    group: "Locale",
    title: "Float64Array.toLocaleString",
    code: "return new Float64Array([1.5]).toLocaleString();",
    counts: ["locale"],
  },
];

const constant = (title: string, code: string, name: string): ReadKindRow => ({
  group: "System",
  title,
  code: `return ${code};`,
  counts: [`system's ${name}`],
});
const changing = (title: string, code: string, name = title): ReadKindRow => ({
  group: "System",
  title,
  code: `return ${code};`,
  names: [name],
});

const system: readonly ReadKindRow[] = [
  ..."getuid geteuid getgid getegid getgroups umask"
    .split(" ")
    .map((name) => constant(`process.${name}`, `require("process").${name}()`, `process.${name}`)),
  ..."release config".split(" ").map((name) => constant(`process.${name}`, `process.${name}`, `process.${name}`)),
  ..."endianness getPriority".split(" ").map((name) => constant(`os.${name}`, `require("os").${name}()`, name)),
  ..."EOL devNull".split(" ").map((name) => constant(`os.${name}`, `require("os").${name}`, name)),
  constant("dns.getServers", 'require("dns").getServers()', "dns.getServers"),
  constant("util.parseArgs", 'require("util").parseArgs({ strict: false }).positionals', "process.argv"),
  changing("process.report.getReport()", 'require("process").report.getReport()'),
  changing("process.getActiveResourcesInfo()", 'require("process").getActiveResourcesInfo().length'),
  changing("v8.getHeapStatistics()", 'require("v8").getHeapStatistics().used_heap_size'),
  changing("v8.getHeapCodeStatistics()", 'require("v8").getHeapCodeStatistics()'),
  changing("/proc/uptime", 'require("fs").readFileSync("/proc/uptime", "utf8")'),
  {
    group: "System",
    title: "a file of /proc that the result does not have",
    code: `${fs} try { fs.readFileSync("/proc/self/stat"); } catch {}`,
    notes: ["/proc/self/stat"],
  },
];

const clock = (name: string, code: string, shown = name): ReadKindRow => ({
  group: "Clock",
  title: name,
  code: `return ${code};`,
  names: [shown],
});

const clocks: readonly ReadKindRow[] = [
  clock("performance.timeOrigin", "performance.timeOrigin"),
  clock("performance.toJSON()", "performance.toJSON()"),
  clock("performance.eventLoopUtilization()", 'require("perf_hooks").performance.eventLoopUtilization()'),
  clock("monitorEventLoopDelay()", 'require("perf_hooks").monitorEventLoopDelay().mean'),
  clock("Event.timeStamp", 'new Event("x").timeStamp'),
];

const random: readonly ReadKindRow[] = [
  ...["randomFill", "generateKeyPair", "generatePrime"].map((name) => ({
    group: "Random",
    title: `crypto.${name}`,
    code: `await new Promise((done) => require("crypto").${name}(${{ randomFill: "Buffer.alloc(4)", generateKeyPair: '"ed25519", {}', generatePrime: "32" }[name] ?? ""}, done));`,
    names: [`crypto.${name}()`],
  })),
  {
    group: "Random",
    title: "crypto.pseudoRandomBytes",
    code: 'return require("crypto").pseudoRandomBytes(4);',
    names: ["crypto.pseudoRandomBytes()"],
  },
  {
    group: "Random",
    title: "crypto.createECDH",
    code: 'return require("crypto").createECDH("prime256v1").generateKeys("hex");',
    names: ["generateKeys()"],
  },
  {
    group: "Random",
    title: "crypto.getDiffieHellman",
    code: 'return require("crypto").getDiffieHellman("modp5").generateKeys("hex");',
    names: ["generateKeys()"],
  },
  {
    group: "Random",
    title: "a stream of /dev/urandom",
    code: `${fs} for await (const _ of fs.createReadStream("/dev/urandom", { end: 3 }));`,
    names: ["/dev/urandom"],
  },
];

const network: readonly ReadKindRow[] = [
  {
    group: "Network",
    title: "dns.promises.reverse",
    code: 'await require("dns").promises.reverse("127.0.0.1").catch(() => undefined);',
    names: ["dns.reverse 127.0.0.1"],
  },
  {
    group: "Network",
    title: "a socket of a path",
    code: 'await new Promise((done) => require("net").createConnection("/none.sock").on("error", done));',
    names: ["connect /none.sock"],
  },
];

const threads: readonly ReadKindRow[] = [
  {
    group: "Threads",
    title: "new Worker of a file",
    code: 'const { Worker } = require("worker_threads"); await new Promise((done) => new Worker("./mod.cjs").on("exit", done));',
    names: ["new Worker mod.cjs"],
  },
  {
    group: "Threads",
    title: "new Worker of a text",
    code: 'const { Worker } = require("worker_threads"); await new Promise((done) => new Worker("1", { eval: true }).on("exit", done));',
    names: ["new Worker"],
  },
  {
    group: "Threads",
    title: "by a package",
    code: 'await require("reader").thread();',
    notes: ["new Worker"],
  },
];

export const further: readonly ReadKindRow[] = [
  ...files,
  ...failures,
  ...modules,
  ...environment,
  folder,
  ...zones,
  ...system,
  ...clocks,
  ...random,
  ...network,
  ...threads,
];
