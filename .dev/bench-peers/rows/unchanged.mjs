/** Nothing changed: pipelines whose results are all stored, and one cached call. */
import { node, python, writeDecorated, writeHamilton, writeStagebookPipeline } from "./programs.mjs";

const tracked = {
  stagebook: "durable; the code of the stage and of all that it reaches counts",
  joblib: "not durable; the source of the function counts, not that of its helpers",
  diskcache: "SQLite, not flushed each time; code does not count: the name and the arguments do",
  marimo: "not durable; the code of the function and of what it reaches counts",
  hamilton: "SQLite and pickles, not durable; the code of the function counts",
};

const heads = {
  joblib: `from joblib import Memory\n\nmemory = Memory(Path(__file__).parent / "store", verbose=0)`,
  diskcache: `from diskcache import Cache\n\ncache = Cache(str(Path(__file__).parent / "store"))`,
  marimo: `import marimo\n\nfolder = Path(__file__).parent / "store"`,
};

/** @param {number} count @returns {Readonly<Record<string, (folder: string) => void>>} */
const writers = (count) => ({
  joblib: writeDecorated(count, heads.joblib, "memory.cache"),
  diskcache: writeDecorated(count, heads.diskcache, "cache.memoize()"),
  marimo: writeDecorated(count, heads.marimo, "marimo.persistent_cache(save_path=folder)"),
  hamilton: writeHamilton(count),
});

/**
 * A process that starts with a full store, and one that repeats its work.
 * @param {string} library
 * @param {number} count
 * @returns {Readonly<Record<string, import("../measure.mjs").Program>>}
 */
function inPython(library, count) {
  const command = (/** @type {string} */ workload) => ({
    command: python("caches.py", library, workload, count),
    folder: library,
  });
  const cold = command("cold");
  return {
    [`${library}-cold`]: { ...cold, write: writers(count)[library], prepare: [cold.command] },
    [`${library}-warm`]: command("warm"),
  };
}

/**
 * @param {number} count
 * @param {boolean} readsValues
 * @returns {Readonly<Record<string, import("../measure.mjs").Program>>}
 */
function inStagebook(count, readsValues) {
  const program = (/** @type {string} */ workload) => ({
    command: node("stagebook-stages.mjs", workload),
    folder: "stagebook",
  });
  return {
    "stagebook-cold": {
      ...program("cold"),
      write: writeStagebookPipeline(count),
      prepare: [node("stagebook-stages.mjs", "fill")],
    },
    ...(readsValues ? { "stagebook-cold-values": program("cold-values") } : {}),
    "stagebook-warm": program(readsValues ? "warm-values" : "warm"),
  };
}

/** @param {string} name @param {string} program @param {string} figure @param {string} does */
const entry = (name, program, figure, does) => ({ name, program, figure, does });

/** @type {Readonly<Record<string, string>>} */
const names = {
  joblib: "joblib Memory",
  diskcache: "diskcache",
  marimo: "marimo persistent_cache",
  hamilton: "Hamilton with cache",
};

/** @param {readonly string[]} libraries @param {string} kind @param {string} figure */
const others = (libraries, kind, figure) =>
  libraries.map((library) =>
    entry(
      names[library] ?? library,
      `${library}-${kind}`,
      figure,
      `every value read; ${tracked[/** @type {keyof typeof tracked} */ (library)]}`,
    ),
  );

const four = ["joblib", "diskcache", "marimo", "hamilton"];
const two = ["joblib", "diskcache"];

/**
 * @param {string} id
 * @param {string} title
 * @param {number} count
 * @param {readonly string[]} libraries
 * @param {boolean} readsValues whether Stagebook also reads every value
 */
const pipelineGroup = (id, title, count, libraries, readsValues) => ({
  id,
  title,
  work: `A pipeline of ${count.toLocaleString("en-US")} stages of three inputs, each with code of its own and none downstream of another. All results are stored on disk. A cold process starts the interpreter, defines the pipeline and finds out that nothing is stale; a warm one does so again after that. What reads no values finds out which results are current and leaves them on the disk.`,
  limitMs: 120_000,
  programs: Object.assign(inStagebook(count, readsValues), ...libraries.map((library) => inPython(library, count))),
  rows: [
    {
      id: `${id}-warm`,
      title: "In a warm process",
      unit: /** @type {const} */ ("ms"),
      entries: [
        entry("Stagebook, `plan()`", "stagebook-warm", "plan", `no values read; ${tracked.stagebook}`),
        entry("Stagebook, `run()`", "stagebook-warm", "run", "the same, as a run"),
        ...(readsValues
          ? [entry("Stagebook, every stage called", "stagebook-warm", "values", "the same, and every value read")]
          : []),
        ...others(libraries, "warm", "values"),
      ],
    },
    {
      id: `${id}-cold`,
      title: "A cold process, from start to end",
      unit: /** @type {const} */ ("ms"),
      entries: [
        entry("Stagebook, `plan()` and `run()`", "stagebook-cold", "wall", `no values read; ${tracked.stagebook}`),
        ...(readsValues
          ? [entry("Stagebook, the same and every stage called", "stagebook-cold-values", "wall", "every value read")]
          : []),
        ...others(libraries, "cold", "wall"),
      ],
    },
  ],
});

const many = pipelineGroup("ten-thousand", "Nothing changed, 10,000 stages", 10_000, two, false);

/** Its stores are also those beside which one call is measured. @type {import("../measure.mjs").Group} */
const tenThousand = {
  ...many,
  work: `${many.work} The last table has one cached call, as above: in an empty store, and in the store of these 10,000 results, which belong to another notebook or to other functions.`,
  prepareLimitMs: 400_000,
  programs: {
    ...many.programs,
    "call-empty": { command: node("stagebook-stages.mjs", "call", "disk") },
    call: { command: node("stagebook-stages.mjs", "call", "disk"), folder: "stagebook" },
    ...Object.assign(
      {},
      ...two.map((library) => ({
        [`${library}-call-empty`]: { command: python("caches.py", library, "call", 0) },
        [`${library}-call`]: { command: python("caches.py", library, "call", 0), folder: library },
      })),
    ),
  },
  rows: [
    ...many.rows,
    {
      id: "others",
      title: "One cached call beside 10,000 results of others",
      unit: "ms",
      entries: [
        entry("Stagebook, empty store", "call-empty", "call", "disk store"),
        entry("Stagebook, 10,000 stages of another notebook", "call", "call", "disk store"),
        ...two.flatMap((library) => [
          entry(`${names[library]}, empty store`, `${library}-call-empty`, "call", "on disk"),
          entry(`${names[library]}, 10,000 results`, `${library}-call`, "call", "on disk"),
        ]),
      ],
    },
  ],
};

/** @type {readonly import("../measure.mjs").Group[]} */
export const unchanged = [
  pipelineGroup("unchanged", "Nothing changed, 1,000 stages", 1_000, four, true),
  {
    id: "call",
    title: "One cached call",
    work: "A function of one number is called again with the same argument: the mean of as many calls as take 100 ms.",
    programs: {
      stagebook: { command: node("stagebook-stages.mjs", "call", "memory") },
      "stagebook-disk": { command: node("stagebook-stages.mjs", "call", "disk") },
      "lru-cache": { command: node("npm.mjs", "lru-cache call", 0) },
      functools: { command: python("caches.py", "functools-memory", "call", 0) },
      "marimo-memory": { command: python("caches.py", "marimo-memory", "call", 0) },
      joblib: { command: python("caches.py", "joblib", "call", 0) },
      diskcache: { command: python("caches.py", "diskcache", "call", 0) },
      marimo: { command: python("caches.py", "marimo", "call", 0) },
      cacache: { command: node("npm.mjs", "cacache call", 0) },
    },
    rows: [
      {
        id: "call-memory",
        title: "From memory",
        unit: "ms",
        entries: [
          entry("Stagebook, memory store", "stagebook", "call", "plans the stage and all that it needs; code counts"),
          entry("lru-cache", "lru-cache", "call", "looks a text up; code does not count"),
          entry("functools.lru_cache", "functools", "call", "looks the argument up; code does not count"),
          entry(
            "marimo mo.cache",
            "marimo-memory",
            "call",
            "digests the argument; the code counts, read at definition",
          ),
        ],
      },
      {
        id: "call-disk",
        title: "From disk",
        unit: "ms",
        entries: [
          entry(
            "Stagebook, disk store",
            "stagebook-disk",
            "call",
            "checks that the entry on disk is still valid; the value may come from memory; code counts",
          ),
          entry("joblib Memory", "joblib", "call", "reads the value each time; the source of the function counts"),
          entry("diskcache", "diskcache", "call", "reads the value from SQLite each time; code does not count"),
          entry(
            "marimo persistent_cache",
            "marimo",
            "call",
            "reads the value each time; the code counts, read at definition",
          ),
          entry("cacache", "cacache", "call", "reads the value and checks its digest each time; code does not count"),
        ],
      },
    ],
  },
  tenThousand,
];
