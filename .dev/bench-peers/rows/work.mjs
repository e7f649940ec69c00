/** New results, and many small pieces of work. */
import { node, oldPyper, python } from "./programs.mjs";

/** @param {string} name @param {string} program @param {string} figure @param {string} does */
const entry = (name, program, figure, does) => ({ name, program, figure, does });

/** Entries of one figure: the name, the program, what it does. @param {string} figure @param {readonly (readonly [string, string, string])[]} shown */
const entries = (figure, ...shown) => shown.map(([name, program, does]) => entry(name, program, figure, does));

const newResults = (/** @type {string} */ figure) => [
  entry("Stagebook", "stagebook", figure, "durable; blob, entry and history, each flushed; digest of the value"),
  entry("the same bytes, by hand", "bare", figure, "durable; three files, each flushed, and two folders; nothing else"),
  entry("joblib Memory", "joblib", figure, "not durable: nothing is flushed"),
  entry("diskcache", "diskcache", figure, "SQLite with its default synchronization: not flushed each time"),
  entry("marimo persistent_cache", "marimo", figure, "not durable: nothing is flushed"),
  entry("cacache", "cacache", figure, "not durable: nothing is flushed; digest of the bytes"),
];

/** @type {readonly import("../measure.mjs").Group[]} */
export const work = [
  {
    id: "new",
    title: "A new small result",
    work: "A function returns an object with 20 rows, which is stored under a new key; time for each result. At once: Stagebook, the bare program and cacache store 200 in parallel; the Python libraries, which have no such call, one after the other.",
    programs: {
      stagebook: { command: node("stagebook-stages.mjs", "new"), isFresh: true },
      bare: { command: node("bare.mjs", "new"), prepare: [node("bare.mjs", "measure-files")] },
      joblib: { command: python("caches.py", "joblib", "new", 0), isFresh: true },
      diskcache: { command: python("caches.py", "diskcache", "new", 0), isFresh: true },
      marimo: { command: python("caches.py", "marimo", "new", 0), isFresh: true },
      cacache: { command: node("npm.mjs", "cacache new", 0), isFresh: true },
    },
    rows: [
      { id: "new-alone", title: "Alone", unit: "ms", entries: newResults("alone") },
      { id: "new-together", title: "200 at once, each", unit: "ms", entries: newResults("together") },
    ],
  },
  {
    id: "stages",
    title: "Trivial stages in a second",
    work: "Independent functions of two numbers, all stale: 2,000 of them, with a disk store 1,000. The first pass of a process, and the median of those after it, each with another parameter.",
    programs: {
      none: { command: node("stagebook-stages.mjs", "stages", "none", 2_000, 6) },
      memory: { command: node("stagebook-stages.mjs", "stages", "memory", 2_000, 6) },
      disk: { command: node("stagebook-stages.mjs", "stages", "disk", 1_000, 2), isFresh: true },
      dask: { command: python("tasks.py", "dask", "stages", 2_000) },
      joblib: { command: python("caches.py", "joblib", "stages", 1_000), isFresh: true },
      diskcache: { command: python("caches.py", "diskcache", "stages", 1_000), isFresh: true },
    },
    rows: /** @type {const} */ (["first", "later"]).flatMap((figure) => [
      {
        id: `stages-${figure}`,
        title: figure === "first" ? "First pass, nothing stored" : "Later passes, nothing stored",
        unit: /** @type {const} */ ("/s"),
        entries: entries(
          figure,
          ["Stagebook, no store", "none", "plans, digests the code and the values, reports events"],
          ["Stagebook, memory store", "memory", "the same, and keeps each result"],
          ["dask, synchronous scheduler", "dask", "executes a graph that was built before the clock; keeps nothing"],
        ),
      },
      {
        id: `stages-${figure}-disk`,
        title: figure === "first" ? "First pass, stored on disk" : "Later passes, stored on disk",
        unit: /** @type {const} */ ("/s"),
        entries: entries(
          figure,
          ["Stagebook, disk store", "disk", "durable"],
          ["joblib Memory", "joblib", "not durable: nothing is flushed"],
          ["diskcache", "diskcache", "SQLite with its default synchronization: not flushed each time"],
        ),
      },
    ]),
  },
  {
    id: "items",
    title: "Items through an async step",
    work: "20,000 numbers of a generator through `async (n) => n + 1`, 20 at a time; all results are collected in order. The median of three passes after one that warms up.",
    programs: {
      memory: { command: node("stagebook-items.mjs", "items", "memory", 20_000) },
      none: { command: node("stagebook-items.mjs", "items", "none", 20_000) },
      disk: { command: node("stagebook-items.mjs", "items", "disk", 20_000), isFresh: true },
      "p-map": { command: node("npm.mjs", "p-map items", 20_000) },
      streams: { command: node("npm.mjs", "streams items", 20_000) },
      pyper: { command: python("tasks.py", "pyper", "items", 20_000) },
    },
    rows: [
      {
        id: "items",
        title: "",
        unit: "/s",
        entries: entries(
          "rate",
          ["Stagebook `each`, memory store", "memory", "keeps and digests the items of both stages"],
          ["Stagebook `each`, no store", "none", "keeps nothing"],
          ["Stagebook `each`, disk store", "disk", "durable"],
          ["p-map", "p-map", "keeps nothing"],
          ["Node.js streams", "streams", "keep nothing"],
          ["Pyper 0.4.4, async", "pyper", "keeps nothing"],
        ),
      },
    ],
  },
  {
    id: "waits",
    title: "20 items through two steps of one second, 20 at a time",
    work: "Each step waits for one second, as for a network. The least that it can take is two seconds.",
    programs: {
      stagebook: { command: node("stagebook-items.mjs", "waits", "memory", 20) },
      "p-map": { command: node("npm.mjs", "p-map waits", 20) },
      pyper: { command: python("tasks.py", "pyper", "waits", 20) },
      "pyper-old": { command: oldPyper("tasks.py", "pyper", "waits", 20) },
    },
    rows: [
      {
        id: "waits",
        title: "",
        unit: "s",
        entries: entries(
          "seconds",
          ["Stagebook, two `each`", "stagebook", "memory store"],
          ["p-map, both steps in one function", "p-map", "keeps nothing"],
          ["Pyper 0.4.4, async", "pyper", "keeps nothing"],
          ["Pyper 0.1.2, async", "pyper-old", "keeps nothing"],
        ),
      },
    ],
  },
  {
    id: "threads",
    title: "Trivial items in two threads or processes",
    work: "10,000 numbers through `(n) => n + 1` in two worker threads, or two processes of Python; all results are collected in order. Threads and processes start before the clock where the API allows it.",
    programs: {
      stagebook: { command: node("stagebook-items.mjs", "threads", "memory", 10_000) },
      piscina: { command: node("npm.mjs", "piscina threads", 10_000) },
      "multiprocessing-64": { command: python("tasks.py", "multiprocessing-64", "items", 10_000) },
      multiprocessing: { command: python("tasks.py", "multiprocessing", "items", 10_000) },
      pyper: { command: python("tasks.py", "pyper", "processes", 10_000) },
    },
    rows: [
      {
        id: "threads",
        title: "",
        unit: "/s",
        entries: entries(
          "rate",
          ["Stagebook `each`, `worker: true`", "stagebook", "memory store"],
          ["piscina, two threads", "piscina", "keeps nothing; one item a message"],
          ["multiprocessing, `imap`, chunks of 1", "multiprocessing", "keeps nothing"],
          ["multiprocessing, `imap`, chunks of 64", "multiprocessing-64", "keeps nothing"],
          ["Pyper 0.4.4, two processes", "pyper", "keeps nothing; starts its processes within the clock"],
        ),
      },
    ],
  },
  {
    id: "cpu",
    title: "Items of a millisecond of CPU in two threads",
    work: "2,000 items that each calculate for about a millisecond: the bare loop shows how long. Half the time of the bare loop is the least that two threads can take, on two free cores.",
    programs: {
      stagebook: { command: node("stagebook-items.mjs", "cpu", "memory", 2_000) },
      piscina: { command: node("npm.mjs", "piscina cpu", 2_000) },
      bare: { command: node("npm.mjs", "bare cpu", 2_000) },
    },
    rows: [
      {
        id: "cpu",
        title: "",
        unit: "ms",
        entries: [
          entry("Stagebook `each`, `worker: true`", "stagebook", "total", "memory store"),
          entry("piscina, two threads", "piscina", "total", "keeps nothing"),
          entry("bare loop in one thread", "bare", "total", "keeps nothing"),
          entry("half of the bare loop", "bare", "half", "the ideal"),
        ],
      },
    ],
  },
];
