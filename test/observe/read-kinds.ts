/** The kinds of read: each a function body that reads, and what must be recorded. The reference page is made from them. */
import { further } from "./further-read-kinds";

export interface ReadKindRow {
  readonly group: string;
  /** How the reference page calls it. */
  readonly title: string;
  /** The body of an async function in a CommonJS module; the working folder has `data/a.txt`, `data/sub/c.txt`, `link.txt`, `mod.cjs`, `mod.json`. */
  readonly code: string;
  /** What the next plan compares, as `labelOfRead` names it. */
  readonly counts?: readonly string[];
  /** What makes the result not repeatable. */
  readonly names?: readonly string[];
  /** What is only a note. */
  readonly notes?: readonly string[];
}

const fs = 'const fs = require("fs");';
const fsp = 'const fs = require("node:fs/promises");';
const callback = (call: string): string => `${fs} return await new Promise((done) => ${call});`;
const A = ["file data/a.txt"];
const DATA = ["folder data"];

/** One function of `fs` in its three forms. */
function forms(
  group: string,
  name: string,
  args: string,
  expected: Pick<ReadKindRow, "counts" | "names" | "notes">,
): readonly ReadKindRow[] {
  return [
    { group, title: `fs.${name}Sync`, code: `${fs} return fs.${name}Sync(${args});`, ...expected },
    { group, title: `fs.${name}`, code: callback(`fs.${name}(${args}, (...all) => done(all[1]))`), ...expected },
    { group, title: `fs.promises.${name}`, code: `${fsp} return await fs.${name}(${args});`, ...expected },
  ];
}

const files: readonly ReadKindRow[] = [
  ...forms("Files", "readFile", '"data/a.txt"', { counts: A }),
  ...forms("Files", "readFile", '"data/a.txt", "utf8"', { counts: A }).map((row) => ({
    ...row,
    title: `${row.title} as text`,
  })),
  {
    group: "Files",
    title: "fs.readFileSync of a Buffer",
    code: `${fs} fs.readFileSync(Buffer.from("data/a.txt"));`,
    counts: A,
  },
  {
    group: "Files",
    title: "fs.readFileSync of a URL",
    code: `${fs} fs.readFileSync(require("url").pathToFileURL("data/a.txt"));`,
    counts: A,
  },
  {
    group: "Files",
    title: "fs.readFileSync of a missing file",
    code: `${fs} try { fs.readFileSync("none.txt"); } catch {}`,
    counts: ["file none.txt"],
  },
  {
    group: "Files",
    title: "fs.openSync, readSync",
    code: `${fs} const f = fs.openSync("data/a.txt"); fs.readSync(f, Buffer.alloc(2)); fs.closeSync(f);`,
    counts: A,
  },
  {
    group: "Files",
    title: "fs.open, read",
    code: callback('fs.open("data/a.txt", "r", (e, f) => fs.read(f, (...all) => fs.close(f, () => done(all))))'),
    counts: A,
  },
  {
    group: "Files",
    title: "fs.open for reading and writing",
    code: `${fs} const f = fs.openSync("data/b.txt", "r+"); fs.closeSync(f);`,
    counts: ["file data/b.txt"],
  },
  {
    group: "Files",
    title: "FileHandle.readFile",
    code: `${fsp} const f = await fs.open("data/a.txt"); await f.readFile(); await f.close();`,
    counts: A,
  },
  {
    group: "Files",
    title: "FileHandle.read",
    code: `${fsp} const f = await fs.open("data/a.txt"); await f.read(); await f.close();`,
    counts: A,
  },
  {
    group: "Files",
    title: "FileHandle.readLines",
    code: `${fsp} const f = await fs.open("data/a.txt"); for await (const _ of f.readLines()); `,
    counts: A,
  },
  {
    group: "Files",
    title: "FileHandle.createReadStream",
    code: `${fsp} const f = await fs.open("data/a.txt"); for await (const _ of f.createReadStream()); `,
    counts: A,
  },
  {
    group: "Files",
    title: "fs.createReadStream",
    code: `${fs} for await (const _ of fs.createReadStream("data/a.txt"));`,
    counts: A,
  },
  {
    group: "Files",
    title: "readline over a stream",
    code: `${fs} for await (const _ of require("readline").createInterface({ input: fs.createReadStream("data/a.txt") }));`,
    counts: A,
  },
  {
    group: "Files",
    title: "stream.pipeline of a file",
    code: `${fs} const chunks = []; await require("stream/promises").pipeline(fs.createReadStream("data/a.txt"), async function* (s) { for await (const c of s) chunks.push(c); });`,
    counts: A,
  },
  {
    group: "Files",
    title: "fs.openAsBlob",
    code: `${fs} await (await fs.openAsBlob("data/a.txt")).text();`,
    counts: A,
  },
  {
    group: "Files",
    title: "util.promisify(fs.readFile)",
    code: `${fs} await require("util").promisify(fs.readFile)("data/a.txt");`,
    counts: A,
  },
  {
    group: "Files",
    title: "fs.copyFileSync",
    code: `${fs} fs.copyFileSync("data/a.txt", "copy.txt"); fs.readFileSync("copy.txt");`,
    counts: A,
  },
  {
    group: "Files",
    title: "fs.promises.copyFile",
    code: `${fsp} await fs.copyFile("data/a.txt", "copy.txt");`,
    counts: A,
  },
  {
    group: "Files",
    title: "fs.cpSync of a folder",
    code: `${fs} fs.cpSync("data/sub", "copied", { recursive: true }); fs.readFileSync("copied/c.txt");`,
    counts: ["file data/sub/c.txt", "folder data/sub"],
  },
  {
    group: "Files",
    title: "fs.linkSync",
    code: `${fs} fs.linkSync("data/a.txt", "hard.txt"); fs.readFileSync("hard.txt");`,
    counts: A,
  },
  {
    group: "Files",
    title: "a link that the execution made",
    code: `${fs} fs.symlinkSync("data", "soft"); fs.readFileSync("soft/a.txt");`,
    counts: A,
  },
  {
    group: "Files",
    title: "in a timer",
    code: `${fs} await new Promise((done) => setTimeout(() => done(fs.readFileSync("data/a.txt")), 1));`,
    counts: A,
  },
  {
    group: "Files",
    title: "after await",
    code: `${fs} await null; await new Promise(setImmediate); fs.readFileSync("data/a.txt");`,
    counts: A,
  },
  {
    group: "Files",
    title: "in an event listener",
    code: `${fs} const e = new (require("events"))(); const p = new Promise((done) => e.on("go", () => done(fs.readFileSync("data/a.txt")))); process.nextTick(() => e.emit("go")); await p;`,
    counts: A,
  },
  { group: "Files", title: "by a package", code: 'require("reader").read("data/a.txt");', counts: A },
  {
    group: "Files",
    title: "by a package that was loaded earlier",
    code: 'require("early").readFileSync("data/a.txt");',
    counts: A,
  },
  {
    group: "Files",
    title: "by a package that was loaded earlier, as text",
    code: 'require("early").readFileSync("data/a.txt", "utf8");',
    counts: A,
  },
  {
    group: "Files",
    title: "by a package that was loaded earlier, promises",
    code: 'await require("early").promises.readFile("data/a.txt");',
    counts: A,
  },
];

const folders: readonly ReadKindRow[] = [
  ...forms("Folders", "readdir", '"data"', { counts: DATA }),
  {
    group: "Folders",
    title: "fs.readdirSync with types",
    code: `${fs} fs.readdirSync("data", { withFileTypes: true });`,
    counts: DATA,
  },
  {
    group: "Folders",
    title: "fs.readdirSync, recursive",
    code: `${fs} fs.readdirSync("data", { recursive: true });`,
    counts: [...DATA, "folder data/sub"],
  },
  {
    group: "Folders",
    title: "fs.promises.readdir, recursive",
    code: `${fsp} await fs.readdir("data", { recursive: true });`,
    counts: [...DATA, "folder data/sub"],
  },
  {
    group: "Folders",
    title: "fs.opendirSync",
    code: `${fs} const d = fs.opendirSync("data"); d.readSync(); d.closeSync();`,
    counts: DATA,
  },
  {
    group: "Folders",
    title: "fs.promises.opendir, for await",
    code: `${fsp} for await (const _ of await fs.opendir("data"));`,
    counts: DATA,
  },
  {
    group: "Folders",
    title: "a missing folder",
    code: `${fs} try { fs.readdirSync("nowhere"); } catch {}`,
    counts: ["folder nowhere"],
  },
  {
    group: "Folders",
    title: "by a package that was loaded earlier",
    code: 'require("early").readdirSync("data");',
    counts: DATA,
  },
];

const tests: readonly ReadKindRow[] = [
  ...forms("Existence and properties", "access", '"data/a.txt"', { counts: ["existence of data/a.txt"] }),
  {
    group: "Existence and properties",
    title: "fs.existsSync",
    code: `${fs} fs.existsSync("data/a.txt");`,
    counts: ["existence of data/a.txt"],
  },
  {
    group: "Existence and properties",
    title: "fs.exists",
    code: callback('fs.exists("data/a.txt", done)'),
    counts: ["existence of data/a.txt"],
  },
  {
    group: "Existence and properties",
    title: "fs.existsSync of a missing file",
    code: `${fs} fs.existsSync("none.txt");`,
    counts: ["existence of none.txt"],
  },
  ...forms("Existence and properties", "stat", '"data/a.txt"', { counts: ["existence of data/a.txt"] }),
  ...forms("Existence and properties", "lstat", '"data/a.txt"', { counts: ["existence of data/a.txt"] }),
  {
    group: "Existence and properties",
    title: "isFile, isDirectory",
    code: `${fs} fs.statSync("data/a.txt").isFile();`,
    counts: ["existence of data/a.txt"],
  },
  {
    group: "Existence and properties",
    title: "stat().size",
    code: `${fs} fs.statSync("data/a.txt").size;`,
    counts: ["size of data/a.txt"],
  },
  {
    group: "Existence and properties",
    title: "stat().mtime",
    code: `${fs} fs.statSync("data/a.txt").mtime;`,
    counts: ["mtime of data/a.txt"],
  },
  {
    group: "Existence and properties",
    title: "stat().mtimeMs of a promise",
    code: `${fsp} (await fs.stat("data/a.txt")).mtimeMs;`,
    counts: ["mtime of data/a.txt"],
  },
  {
    group: "Existence and properties",
    title: "stat().mtimeNs, bigint",
    code: `${fs} fs.statSync("data/a.txt", { bigint: true }).mtimeNs;`,
    counts: ["mtime of data/a.txt"],
  },
  {
    group: "Existence and properties",
    title: "FileHandle.stat().mtime",
    code: `${fsp} const f = await fs.open("data/a.txt"); (await f.stat()).mtime; await f.close();`,
    counts: [...A, "mtime of data/a.txt"],
  },
  {
    group: "Existence and properties",
    title: "fstatSync().mtime",
    code: `${fs} const f = fs.openSync("data/a.txt"); fs.fstatSync(f).mtime; fs.closeSync(f);`,
    counts: [...A, "mtime of data/a.txt"],
  },
  {
    group: "Existence and properties",
    title: "fs.statfsSync",
    code: `${fs} return fs.statfsSync("data").bfree;`,
    names: ["fs.statfsSync()"],
  },
  ...forms("Existence and properties", "readlink", '"link.txt"', { counts: ["link link.txt"] }),
  ...forms("Existence and properties", "realpath", '"link.txt"', { counts: ["link link.txt"] }),
  {
    group: "Existence and properties",
    title: "fs.realpathSync.native",
    code: `${fs} fs.realpathSync.native("link.txt");`,
    counts: ["link link.txt"],
  },
  {
    group: "Existence and properties",
    title: "opening with wx",
    code: `${fs} try { fs.writeFileSync("data/a.txt", "", { flag: "wx" }); } catch {}`,
    counts: ["existence of data/a.txt"],
  },
  {
    group: "Existence and properties",
    title: "fs.watch",
    code: `${fs} fs.watch("data").close();`,
    names: ["fs.watch()"],
  },
];

const modules: readonly ReadKindRow[] = [
  { group: "Modules", title: "require of JSON", code: 'return require("./mod.json");', counts: ["file mod.json"] },
  {
    group: "Modules",
    title: "require of JSON that is loaded already",
    code: 'return require("./loaded.json");',
    counts: ["file loaded.json"],
  },
  {
    group: "Modules",
    title: "require of a local module, with what it requires",
    code: 'return require("./mod.cjs");',
    counts: ["file mod-data.json", "file mod.cjs"],
  },
  {
    group: "Modules",
    title: "the same, loaded already",
    code: 'return require("./loaded.cjs");',
    counts: ["file loaded-data.json", "file loaded.cjs"],
  },
  {
    group: "Modules",
    title: "createRequire",
    code: 'return require("module").createRequire(__filename)("./mod.json");',
    counts: ["file mod.json"],
  },
  {
    group: "Modules",
    title: "import() of a local module",
    code: 'return (await import("./mod.mjs")).default;',
    counts: ["file mod.mjs"],
  },
  { group: "Modules", title: "require of a package", code: 'return require("reader");' },
];

const environment: readonly ReadKindRow[] = [
  {
    group: "Environment",
    title: "process.env.NAME",
    code: "return process.env.OBSERVED;",
    counts: ["variable OBSERVED"],
  },
  {
    group: "Environment",
    title: "process.env[name]",
    code: 'const name = "OBS" + "ERVED"; return process.env[name];',
    counts: ["variable OBSERVED"],
  },
  {
    group: "Environment",
    title: "destructured",
    code: "const { OBSERVED } = process.env; return OBSERVED;",
    counts: ["variable OBSERVED"],
  },
  {
    group: "Environment",
    title: "a variable that is not set",
    code: "return process.env.OBSERVED_NOT;",
    counts: ["variable OBSERVED_NOT"],
  },
  {
    group: "Environment",
    title: "name in process.env",
    code: 'return "OBSERVED" in process.env;',
    counts: ["variable OBSERVED"],
  },
  {
    group: "Environment",
    title: "Object.hasOwn",
    code: 'return Object.hasOwn(process.env, "OBSERVED");',
    counts: ["variable OBSERVED"],
  },
  {
    group: "Environment",
    title: 'require("process").env',
    code: 'return require("node:process").env.OBSERVED;',
    counts: ["variable OBSERVED"],
  },
  {
    group: "Environment",
    title: "Object.keys(process.env)",
    code: "return Object.keys(process.env).length;",
    counts: ["names of all variables"],
  },
  {
    group: "Environment",
    title: "by a package",
    code: 'return require("reader").variable("OBSERVED");',
    counts: ["variable OBSERVED"],
  },
  {
    group: "Environment",
    title: "terminal settings, by a package",
    code: 'return require("reader").variable("NO_COLOR");',
  },
  {
    group: "Environment",
    title: "process.cwd() in the result",
    code: "return process.cwd();",
    counts: ["working folder"],
  },
  {
    group: "Environment",
    title: "path.resolve in the result",
    code: 'return require("path").resolve("data");',
    counts: ["working folder"],
  },
  {
    group: "Environment",
    title: "process.cwd() for a path",
    code: `${fs} return fs.readFileSync(require("path").join(process.cwd(), "data/a.txt"), "utf8");`,
    counts: A,
  },
];

const zone = { group: "Time zone", counts: ["time zone"] };
const D = "new Date(0)";
const zones: readonly ReadKindRow[] = [
  ..."getDate getDay getFullYear getHours getMinutes getMonth getTimezoneOffset getYear toString toDateString toTimeString"
    .split(" ")
    .map((name) => ({ ...zone, title: `Date.${name}`, code: `return ${D}.${name}();` })),
  { ...zone, title: "Date.setHours", code: `return ${D}.setHours(3);` },
  { ...zone, title: "new Date(year, month)", code: "return new Date(2024, 0, 1);" },
  { ...zone, title: "new Date of a local text", code: 'return new Date("2024-01-01T10:00");' },
  { ...zone, title: "Date.parse of another format", code: 'return Date.parse("January 1, 2024");' },
  { ...zone, title: "a date in a text", code: `return \`\${${D}}\`;` },
  { ...zone, title: "a date plus a text", code: `return ${D} + "";` },
  { ...zone, title: "a subclass of Date", code: "class Day extends Date {} return new Day(2024, 0, 1).valueOf();" },
  { ...zone, title: "Intl.DateTimeFormat", code: `return new Intl.DateTimeFormat("en").format(${D});` },
  {
    ...zone,
    title: "Intl.DateTimeFormat().resolvedOptions().timeZone",
    code: 'return Intl.DateTimeFormat("en").resolvedOptions().timeZone;',
  },
  { ...zone, title: 'toLocaleDateString("en")', code: `return ${D}.toLocaleDateString("en");` },
];

const locale = { group: "Locale", counts: ["locale"] };
const locales: readonly ReadKindRow[] = [
  { ...locale, title: "Number.toLocaleString", code: "return (1234.5).toLocaleString();" },
  { ...locale, title: "BigInt.toLocaleString", code: "return 1234n.toLocaleString();" },
  { ...locale, title: "Array.toLocaleString", code: "return [1234.5].toLocaleString();" },
  { ...locale, title: "Date.toLocaleString", code: `return ${D}.toLocaleString(undefined, { timeZone: "UTC" });` },
  { ...locale, title: "localeCompare", code: 'return "a".localeCompare("b");' },
  { ...locale, title: "toLocaleUpperCase", code: 'return "i".toLocaleUpperCase();' },
  ...["NumberFormat", "PluralRules", "Collator", "ListFormat", "RelativeTimeFormat", "Segmenter"].map((name) => ({
    ...locale,
    title: `Intl.${name}`,
    code: `return new Intl.${name}();`,
  })),
  { ...locale, title: "Intl.DisplayNames", code: 'return new Intl.DisplayNames(undefined, { type: "region" });' },
  { ...locale, title: "Intl.DateTimeFormat", code: 'return new Intl.DateTimeFormat([], { timeZone: "UTC" });' },
];

const system: readonly ReadKindRow[] = [
  ..."arch availableParallelism homedir hostname machine platform release tmpdir totalmem type userInfo networkInterfaces cpus version"
    .split(" ")
    .map((name) => ({
      group: "System",
      title: `os.${name}`,
      code: `return require("os").${name}();`,
      counts: [`system's ${name}`],
    })),
  ..."platform arch".split(" ").map((name) => ({
    group: "System",
    title: `process.${name}`,
    code: `return process.${name};`,
    counts: [`system's ${name}`],
  })),
  ..."version versions argv execArgv execPath".split(" ").map((name) => ({
    group: "System",
    title: `process.${name}`,
    code: `return process.${name};`,
    counts: [`system's process.${name}`],
  })),
  ...["os.freemem()", "os.loadavg()", "os.uptime()"].map((name) => ({
    group: "System",
    title: name,
    code: `const os = require("os"); return ${name};`,
    names: [name],
  })),
  ...[
    "process.memoryUsage()",
    "process.memoryUsage.rss()",
    "process.cpuUsage()",
    "process.resourceUsage()",
    "process.uptime()",
    "process.pid",
  ].map((name) => ({ group: "System", title: name, code: `return ${name};`, names: [name] })),
  {
    group: "System",
    title: "times in os.cpus()",
    code: 'return require("os").cpus()[0].times.user;',
    counts: ["system's cpus"],
    names: ["os.cpus()[].times"],
  },
  { group: "System", title: "process.stdin", code: "return process.stdin.isTTY;", names: ["process.stdin"] },
  {
    group: "System",
    title: "memory in a log line",
    code: "console.debug(process.memoryUsage().rss);",
    notes: ["process.memoryUsage()"],
  },
  { group: "System", title: "process.platform in a package", code: 'return require("reader").platform();' },
];

const clocks: readonly ReadKindRow[] = [
  ...["Date.now()", "new Date()", "performance.now()", "process.hrtime()", "process.hrtime.bigint()"].flatMap(
    (read) => [
      { group: "Clock", title: `${read} in the result`, code: `return { at: ${read} };`, names: [read] },
      { group: "Clock", title: `${read} in a log line`, code: `console.debug("took", ${read});`, notes: [read] },
    ],
  ),
  { group: "Clock", title: "Date()", code: "return Date();", counts: ["time zone"], names: ["Date()"] },
  {
    group: "Clock",
    title: "Reflect.construct(Date, [])",
    code: "return Reflect.construct(Date, []);",
    names: ["new Date()"],
  },
  {
    group: "Clock",
    title: "a subclass of Date",
    code: "class Now extends Date {} return new Now();",
    names: ["new Date()"],
  },
  {
    group: "Clock",
    title: "performance.mark",
    code: 'return performance.mark("x").startTime;',
    names: ["performance.mark()"],
  },
  {
    group: "Clock",
    title: "Intl.DateTimeFormat.format without a date",
    code: 'return new Intl.DateTimeFormat("en", { timeZone: "UTC" }).format();',
    names: ["Intl.DateTimeFormat.format()"],
  },
  { group: "Clock", title: "passed as a function", code: "return [1].map(Date.now);", names: ["Date.now()"] },
  {
    group: "Clock",
    title: "elapsed time in a log line",
    code: 'const t0 = Date.now(); await null; console.debug("took", { ms: Date.now() - t0 });',
    notes: ["Date.now()", "Date.now()"],
  },
  {
    group: "Clock",
    title: "elapsed time in the result",
    code: "const t0 = Date.now(); await null; return { ms: Date.now() - t0 };",
    names: ["Date.now()", "Date.now()"],
  },
  { group: "Clock", title: "in a package", code: 'return require("reader").now();', notes: ["Date.now()"] },
];

const random: readonly ReadKindRow[] = [
  { group: "Random", title: "Math.random", code: "return Math.random();", names: ["Math.random()"] },
  {
    group: "Random",
    title: "Math.random in a package",
    code: 'return require("reader").random();',
    names: ["Math.random()"],
  },
  ...[
    ["randomBytes(4)", "randomBytes"],
    ["randomInt(9)", "randomInt"],
    ["randomUUID()", "randomUUID"],
    ["randomFillSync(Buffer.alloc(4))", "randomFillSync"],
    ["getRandomValues(new Uint8Array(4))", "getRandomValues"],
    ['generateKeySync("hmac", { length: 64 })', "generateKeySync"],
    ['generateKeyPairSync("ed25519")', "generateKeyPairSync"],
    ["generatePrimeSync(16)", "generatePrimeSync"],
  ].map(([call = "", name = ""]) => ({
    group: "Random",
    title: `crypto.${name}`,
    code: `return require("crypto").${call};`,
    names: [`crypto.${name}()`],
  })),
  {
    group: "Random",
    title: "crypto.randomBytes with a callback",
    code: 'await new Promise((done) => require("crypto").randomBytes(4, done));',
    names: ["crypto.randomBytes()"],
  },
  {
    group: "Random",
    title: "util.promisify(crypto.randomBytes)",
    code: 'await require("util").promisify(require("crypto").randomBytes)(4);',
    names: ["crypto.randomBytes()"],
  },
  {
    group: "Random",
    title: "globalThis.crypto.getRandomValues",
    code: "return crypto.getRandomValues(new Uint8Array(4));",
    names: ["crypto.getRandomValues()"],
  },
  {
    group: "Random",
    title: "globalThis.crypto.randomUUID",
    code: "return crypto.randomUUID();",
    names: ["crypto.randomUUID()"],
  },
  {
    group: "Random",
    title: "crypto.subtle.generateKey",
    code: 'await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]);',
    names: ["crypto.subtle.generateKey()"],
  },
  {
    group: "Random",
    title: "/dev/urandom",
    code: `${fs} const f = fs.openSync("/dev/urandom"); fs.readSync(f, Buffer.alloc(4)); fs.closeSync(f);`,
    names: ["/dev/urandom"],
  },
];

const network: readonly ReadKindRow[] = [
  {
    group: "Network",
    title: "fetch",
    code: "await (await fetch(`${server}/page?secret=1`)).text();",
    names: ["fetch SERVER/page"],
  },
  {
    group: "Network",
    title: "fetch of a Request",
    code: "await (await fetch(new Request(`${server}/page`))).text();",
    names: ["fetch SERVER/page"],
  },
  {
    group: "Network",
    title: "http.get",
    code: 'await new Promise((done) => require("http").get(`${server}/page?x=1`, (r) => r.resume().on("end", done)));',
    names: ["GET SERVER/page"],
  },
  {
    group: "Network",
    title: "http.request with options",
    code: 'const { hostname, port } = new URL(server); await new Promise((done) => require("http").request({ hostname, port, method: "POST", path: "/page?x=1" }, (r) => r.resume().on("end", done)).end());',
    names: ["POST SERVER/page"],
  },
  {
    group: "Network",
    title: "https.get",
    code: 'await new Promise((done) => require("https").get("https://user:word@127.0.0.1:1/page?x=1").on("error", done));',
    names: ["GET https://127.0.0.1:1/page"],
  },
  {
    group: "Network",
    title: "http2.connect",
    code: 'const s = require("http2").connect(server); s.on("error", () => {}); await new Promise((done) => s.close(done)); ',
    names: ["connect HOST"],
  },
  {
    group: "Network",
    title: "net.connect",
    code: 'const { port } = new URL(server); const s = require("net").connect(Number(port), "127.0.0.1"); await new Promise((done) => s.on("connect", done)); s.destroy();',
    names: ["connect HOST"],
  },
  {
    group: "Network",
    title: "new net.Socket().connect",
    code: 'const { port } = new URL(server); const s = new (require("net").Socket)(); s.connect({ port, host: "127.0.0.1" }); await new Promise((done) => s.on("connect", done)); s.destroy();',
    names: ["connect HOST"],
  },
  {
    group: "Network",
    title: "tls.connect",
    code: 'const s = require("tls").connect(1, "127.0.0.1"); await new Promise((done) => s.on("error", done));',
    names: ["connect 127.0.0.1:1"],
  },
  {
    group: "Network",
    title: "a server that listens",
    code: 'const s = require("net").createServer(); await new Promise((done) => s.listen(0, done)); s.close();',
    names: ["listen localhost:0"],
  },
  {
    group: "Network",
    title: "dns.lookup",
    code: 'await new Promise((done) => require("dns").lookup("localhost", done));',
    names: ["dns.lookup localhost"],
  },
  {
    group: "Network",
    title: "dns.promises.lookup",
    code: 'await require("dns/promises").lookup("localhost");',
    names: ["dns.lookup localhost"],
  },
  {
    group: "Network",
    title: "dgram",
    code: 'const s = require("dgram").createSocket("udp4"); await new Promise((done) => s.send("x", 9, "127.0.0.1", done)); s.close();',
    names: ["dgram.send()"],
  },
];

const processes: readonly ReadKindRow[] = [
  {
    group: "Child processes",
    title: "execSync",
    code: 'return require("child_process").execSync("cat data/a.txt").toString();',
    names: ["execSync cat"],
  },
  {
    group: "Child processes",
    title: "execFileSync",
    code: 'return require("child_process").execFileSync("/bin/cat", ["data/a.txt"]);',
    names: ["execFileSync cat"],
  },
  {
    group: "Child processes",
    title: "spawnSync",
    code: 'return require("child_process").spawnSync("cat", ["data/a.txt"]);',
    names: ["spawnSync cat"],
  },
  {
    group: "Child processes",
    title: "exec",
    code: 'await new Promise((done) => require("child_process").exec("cat data/a.txt", done));',
    names: ["exec cat"],
  },
  {
    group: "Child processes",
    title: "util.promisify(exec)",
    code: 'await require("util").promisify(require("child_process").exec)("cat data/a.txt");',
    names: ["execFile cat"],
  },
  {
    group: "Child processes",
    title: "execFile",
    code: 'await new Promise((done) => require("child_process").execFile("cat", ["data/a.txt"], done));',
    names: ["execFile cat"],
  },
  {
    group: "Child processes",
    title: "spawn",
    code: 'await new Promise((done) => require("child_process").spawn("cat", ["data/a.txt"]).on("close", done));',
    names: ["spawn cat"],
  },
  {
    group: "Child processes",
    title: "fork",
    code: 'await new Promise((done) => require("child_process").fork("./mod.cjs").on("close", done));',
    names: ["fork mod.cjs"],
  },
  {
    group: "Child processes",
    title: "by a package that was loaded earlier",
    code: 'await new Promise((done) => require("early").spawn("cat", ["data/a.txt"]).on("close", done));',
    names: ["spawn cat"],
  },
  {
    group: "Child processes",
    title: "the same, execSync",
    code: 'require("early").execSync("cat data/a.txt");',
    names: ["spawnSync cat"],
  },
];

const own = "Never counted";
const never: readonly ReadKindRow[] = [
  {
    group: own,
    title: "a file that the execution has written",
    code: `${fs} fs.writeFileSync("own.txt", "x"); fs.readFileSync("own.txt"); fs.statSync("own.txt").size;`,
  },
  {
    group: own,
    title: "the same through a stream",
    code: `${fs} await require("stream/promises").pipeline(["x"], fs.createWriteStream("own.txt")); fs.readFileSync("own.txt");`,
  },
  { group: own, title: "appended to", code: `${fs} fs.appendFileSync("own.txt", "x");` },
  {
    group: own,
    title: "renamed into place",
    code: `${fs} fs.writeFileSync("own.tmp", "x"); fs.renameSync("own.tmp", "own.txt"); fs.readFileSync("own.txt");`,
  },
  {
    group: own,
    title: "a test for a file that it then writes",
    code: `${fs} if (!fs.existsSync("own.txt")) fs.writeFileSync("own.txt", "x");`,
  },
  {
    group: own,
    title: "a test for a folder that it then makes",
    code: `${fs} if (!fs.existsSync("made")) fs.mkdirSync("made/inner", { recursive: true }); fs.readdirSync("made/inner");`,
  },
  {
    group: own,
    title: "a folder that it made",
    code: `${fs} fs.mkdirSync("made"); fs.writeFileSync("made/x", ""); fs.readdirSync("made");`,
  },
  {
    group: own,
    title: "a temporary folder",
    code: `${fs} const d = fs.mkdtempSync("tmp-"); fs.readdirSync(d); fs.existsSync(d + "/x"); fs.rmSync(d, { recursive: true });`,
  },
  {
    group: own,
    title: "a temporary folder of promises",
    code: `${fsp} const d = await fs.mkdtemp("tmp-"); await fs.readdir(d); await fs.rm(d, { recursive: true });`,
  },
  { group: own, title: "what it removes", code: `${fs} fs.rmSync("old.txt", { force: true });` },
  { group: own, title: "what a package reads of itself", code: 'return require("reader").table();' },
  {
    group: own,
    title: "what a package reads while it is loaded",
    code: 'return require("loading");',
  },
  {
    group: own,
    title: "a file in node_modules",
    code: `${fs} return fs.readFileSync("node_modules/reader/table.json");`,
  },
  {
    group: own,
    title: "a variable that the execution has set",
    code: 'process.env.OWN_VARIABLE = "1"; return process.env.OWN_VARIABLE;',
  },
  {
    group: own,
    title: "UTC methods of dates",
    code: `return [${D}.getUTCHours(), ${D}.toISOString(), new Date("2024-01-01"), Date.parse("2024-01-01T00:00:00Z"), JSON.stringify(${D}), Number(${D})];`,
  },
  {
    group: own,
    title: "formats with a locale and a zone",
    code: `return [(5).toLocaleString("de"), ${D}.toLocaleString("en", { timeZone: "UTC" }), "a".localeCompare("b", "en")];`,
  },
  { group: own, title: "printing", code: `console.debug(${D}, { a: 1 }); require("util").inspect(${D});` },
  {
    group: own,
    title: "timers",
    code: "await new Promise((done) => setTimeout(done, 1)); await require('timers/promises').setTimeout(1);",
  },
  { group: own, title: "hashes", code: 'return require("crypto").createHash("sha256").update("x").digest("hex");' },
  { group: own, title: "relative paths", code: 'return require("path").join("a", "b");' },
];

/** All of them. Titles are unique within a group. */
export const readKinds: readonly ReadKindRow[] = [
  ...files,
  ...folders,
  ...tests,
  ...modules,
  ...environment,
  ...zones,
  ...locales,
  ...system,
  ...clocks,
  ...random,
  ...network,
  ...processes,
  ...further,
  ...never,
];
