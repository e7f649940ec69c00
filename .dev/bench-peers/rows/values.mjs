/** Large values, commands, and imports. */
import { join } from "node:path";
import { root } from "../../lib/project.mjs";
import { peersPython } from "../environment.mjs";
import { node, python, writeNotebook } from "./programs.mjs";

/** @param {string} name @param {string} program @param {string} figure @param {string} does */
const entry = (name, program, figure, does) => ({ name, program, figure, does });

const kinds = [
  { kind: "rows", title: "A million objects of five fields", codec: "the default codec", byHand: "`v8.serialize`" },
  { kind: "map", title: "A Map of a million texts", codec: "the default codec", byHand: "`v8.serialize`" },
  {
    kind: "table",
    title: "An Arrow table of a million rows and four columns",
    codec: '`codec: "arrow"`',
    byHand: "`tableToIPC`",
  },
];

/** @type {readonly import("../measure.mjs").Group[]} */
const largeValues = kinds.map(({ kind, title, codec, byHand }) => {
  /** @type {readonly (readonly [string, readonly string[]])[]} */
  const commands = [
    ["stagebook", node("stagebook-values.mjs", kind)],
    ["bare", node("bare.mjs", "value", kind)],
    ["joblib", python("values.py", kind)],
  ];
  const programs = Object.fromEntries(
    commands.flatMap(([name, command]) => [
      [`${name}-store`, { command: [...command, "store"], folder: name, isFresh: true }],
      [`${name}-load`, { command: [...command, "load"], folder: name }],
    ]),
  );
  /** @param {string} figure @param {"store" | "load"} action */
  const row = (figure, action) => [
    entry(
      "Stagebook",
      `stagebook-${action}`,
      figure,
      `${codec}; durable; digest of the value, checked when it is loaded`,
    ),
    entry(
      `${byHand}, sha256, flush, by hand`,
      `bare-${action}`,
      figure,
      "durable; digest of the bytes, checked when they are loaded",
    ),
    entry("joblib Memory", `joblib-${action}`, figure, "pickle; not durable; no digest"),
  ];
  return {
    id: `value-${kind}`,
    title,
    work: "Stored as the result of a function, from its return to the end of the call; loaded by another process. Memory: the peak while it is stored, beyond what the process needed with the complete value.",
    limitMs: 120_000,
    programs,
    rows: [
      { id: `value-${kind}-store`, title: "Store", unit: /** @type {const} */ ("ms"), entries: row("store", "store") },
      {
        id: `value-${kind}-memory`,
        title: "Memory to store it",
        unit: /** @type {const} */ ("MB"),
        entries: row("storeMb", "store"),
      },
      { id: `value-${kind}-load`, title: "Load", unit: /** @type {const} */ ("ms"), entries: row("load", "load") },
    ],
  };
});

const cli = [process.execPath, join(root, "kernel-lib", "bin", "stagebook.js")];
const writeTslab = writeNotebook("tslab", "typescript", [
  `import { stage } from "stagebook";`,
  `const numbers = stage("numbers", () => Array.from({ length: 1000 }, (_, n) => n));`,
  `const squares = stage("squares", { numbers }, ({ numbers }) => numbers.map((n) => n * n));`,
  `const total = stage("total", { squares }, ({ squares }) => squares.reduce((sum, n) => sum + n, 0));\nconsole.log(await total());`,
]);
const writePython = writeNotebook("python3", "python", [
  `numbers = list(range(1000))`,
  `squares = [n * n for n in numbers]`,
  `total = sum(squares)\nprint(total)`,
]);

/** @type {import("../measure.mjs").Group} */
const commands = {
  id: "command",
  title: "The command on an unchanged notebook",
  work: "Three stages, of which nothing is stale, and the same three steps as a Python notebook, which are executed each time: neither papermill nor nbconvert keeps results. The process from start to end; Stagebook without `npx`.",
  programs: {
    run: {
      command: [...cli, "run", "notebook.ipynb"],
      isComplete: true,
      folder: "stagebook",
      write: writeTslab,
      prepare: [[...cli, "run", "notebook.ipynb"]],
    },
    plan: { command: [...cli, "plan", "notebook.ipynb"], isComplete: true, folder: "stagebook" },
    get: { command: [...cli, "get", "notebook.ipynb", "total"], isComplete: true, folder: "stagebook" },
    papermill: {
      command: [peersPython, "-m", "papermill", "notebook.ipynb", "output.ipynb"],
      isComplete: true,
      folder: "papermill",
      write: writePython,
    },
    nbconvert: {
      command: [
        peersPython,
        "-m",
        "nbconvert",
        "--to",
        "notebook",
        "--execute",
        "notebook.ipynb",
        "--output",
        "output.ipynb",
      ],
      isComplete: true,
      folder: "nbconvert",
      write: writePython,
    },
    node: { command: [process.execPath, "-e", "0"], isComplete: true },
    python: { command: [peersPython, "-c", "0"], isComplete: true },
  },
  rows: [
    {
      id: "command",
      title: "",
      unit: "ms",
      entries: [
        entry("`stagebook run`", "run", "wall", "defines the stages, finds nothing stale"),
        entry("`stagebook plan`", "plan", "wall", "the same, as a table"),
        entry("`stagebook get`", "get", "wall", "prints a stored result without reading the cells"),
        entry("papermill, Python notebook", "papermill", "wall", "executes every cell, writes the notebook"),
        entry("nbconvert --execute, Python notebook", "nbconvert", "wall", "executes every cell, writes the notebook"),
        entry("`node -e 0`", "node", "wall", "the start of Node.js alone"),
        entry("`python -c 0`", "python", "wall", "the start of Python alone"),
      ],
    },
  ],
};

/** @type {readonly (readonly [string, readonly string[]])[]} */
const importable = [
  ["stagebook", node("imports.mjs", "stagebook")],
  ["p-map", node("imports.mjs", "p-map", "peer")],
  ["piscina", node("imports.mjs", "piscina", "peer")],
  ["cacache", node("imports.mjs", "cacache", "peer")],
  ...["joblib", "diskcache", "pyper", "dask", "hamilton.driver", "marimo"].map(
    (name) => /** @type {const} */ ([name, python("imports.py", name)]),
  ),
];

/** @type {import("../measure.mjs").Group} */
const imports = {
  id: "import",
  title: "Import",
  work: "How long the import takes within a process that has started.",
  programs: Object.fromEntries(importable.map(([name, command]) => [name, { command, isComplete: true }])),
  rows: [
    {
      id: "import",
      title: "",
      unit: "ms",
      entries: importable.map(([name], at) => entry(name, name, "import", at < 4 ? "Node.js" : "Python")),
    },
  ],
};

export const values = [...largeValues, commands, imports];
