/**
 * The dependency rules of both packages: layers of kernel-lib, folders within a layer, panels of the page. Type imports count too.
 * `npm run check` enforces them.
 */

/** The layers of kernel-lib. A layer imports only from itself and from layers before it in the list. */
const layers = [
  "protocol",
  "drawing",
  "async",
  "secrets",
  "stage",
  "graph",
  "key",
  "observe",
  "table",
  "preview",
  "scopes",
  "store",
  "run",
  "events",
  "notebook",
  "export",
  "cli",
];
/** Layers without side effects: what they need comes in through ports. */
const core = ["protocol", "drawing", "stage", "graph", "key", "table", "preview"];
const source = "^kernel-lib/src";
const page = "^lab-extension/src";
const folders = (names) => `${source}/(${names.join("|")})/`;

const layerRules = layers.slice(0, -1).map((layer, index) => ({
  name: `${layer}-imports-against-the-order`,
  comment: `${layer}/ may import only from ${[...layers.slice(0, index), layer].join(", ")}`,
  severity: "error",
  from: { path: folders([layer]) },
  to: { path: folders(layers.slice(index + 1)) },
}));

/**
 * The folders of one layer, in the order of the calls: a folder imports only from folders after it in the list. Folders in one list entry are
 * independent of each other. A file of the layer counts as a folder (with its extension).
 */
const folderRules = (layer, levels) => {
  const pathOf = (folders) => {
    const [files, names] = [
      folders.filter((folder) => folder.endsWith(".ts")),
      folders.filter((folder) => !folder.endsWith(".ts")),
    ];
    const paths = [...files.map((file) => `${file.replace(".", "\\.")}$`), ...names.map((name) => `${name}/`)];
    return `${source}/${layer}/(${paths.join("|")})`;
  };
  return levels.flatMap((level, index) =>
    level.map((folder) => {
      const above = [...levels.slice(0, index).flat(), ...level.filter((other) => other !== folder)];
      const below = levels.slice(index + 1).flat();
      return {
        name: `${layer.replace("/", "-")}-${folder.replace(/\.ts$/, "")}-imports-against-the-order`,
        comment: `${layer}/${folder} may import only ${below.length === 0 ? "itself" : `itself, ${below.join(", ")}`} of ${layer}/`,
        severity: "error",
        from: { path: pathOf([folder]) },
        to: { path: above.length === 0 ? "^$" : pathOf(above) },
      };
    }),
  );
};

/** A run asks for a plan, executes stages, calls their functions here or in threads, reads streams. State and primitives lie below. */
const runFolders = [
  ["api"],
  ["cluster"],
  ["engine.ts"],
  ["audit"],
  ["execute"],
  ["threads"],
  ["call"],
  ["checkpoints"],
  ["ranges"],
  ["engine-context.ts"],
  ["plan"],
  ["state", "shipping"],
  ["external"],
  ["streams"],
];
/** The kernel's side of calls in worker threads, and the thread's; both know the messages. */
const threadFolders = [
  ["kernel", "thread"],
  ["messages.ts", "call-memory.ts"],
  ["items", "error-data.ts"],
];
/** A key is composed of the digests of functions, and those of the digests of values. */
const keyFolders = [
  ["key.ts", "diff.ts"],
  ["code", "diff-files.ts"],
  ["describe.ts", "reasons.ts"],
  ["values"],
  ["digest.ts", "parts.ts", "scopes.ts"],
];

/** The adapters of the store; each can be read without the others. `tiered/` combines any two of them through the ports. */
const adapters = ["disk", "bucket", "tiered"];
const storeRules = adapters.map((adapter) => ({
  name: `store-${adapter}-imports-another-adapter`,
  comment: `store/${adapter}/ may not import ${adapters.filter((other) => other !== adapter).join(" or ")}; open-store.ts composes them`,
  severity: "error",
  from: { path: `${source}/store/${adapter}/` },
  to: { path: `${source}/store/(${adapters.filter((other) => other !== adapter).join("|")})/` },
}));

/** The panels of the page: what they share is in `ui/`, `model/` and `table/`. */
const panels = ["graph", "stage", "params", "log", "cells", "runs", "status"];
/** The folders of the page, and what each may import beside the files in `src/`. `plugins/` composes them and may import all. */
const pageFolders = {
  session: [],
  model: ["session"],
  ui: ["model"],
  table: ["session", "model", "ui"],
  ...Object.fromEntries(panels.map((panel) => [panel, ["ui", "model", "table"]])),
  cells: ["ui", "model"],
  status: ["ui", "model"],
  start: ["ui", "model"],
  sidebar: [...panels, "ui", "model", "start"],
};
const pageFiles = ["tokens", "icons", "command-ids"];

const pageRules = Object.entries(pageFolders).map(([folder, allowed]) => ({
  name: `${panels.includes(folder) ? "panel" : "page"}-${folder}-imports-another-part`,
  comment: `${folder}/ may import only ${[folder, ...allowed].map((name) => `${name}/`).join(", ")}, ${pageFiles.join(", ")}`,
  severity: "error",
  from: { path: `${page}/${folder}/` },
  to: {
    path: `${page}/`,
    pathNot: `${page}/((${[folder, ...allowed].join("|")})/|(${pageFiles.join("|")})\\.ts$)`,
  },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    ...folderRules("run", runFolders),
    ...folderRules("run/threads", threadFolders),
    ...folderRules("key", keyFolders),
    ...pageRules,
    {
      name: "sync-tasks-outside-of-calls",
      comment:
        "synchronous coroutines are confined to the execution of a stage and its audit; elsewhere MaybePromise is fast enough",
      severity: "error",
      from: { path: source, pathNot: `${source}/run/(execute|call|audit)/` },
      to: { path: `${source}/run/call/sync-task\\.ts$` },
    },
    ...storeRules,
    {
      name: "only-the-top-composes",
      comment: "pipeline.ts and the files beside it compose the layers; no layer imports them, except the command line",
      severity: "error",
      from: { path: folders(layers.filter((layer) => layer !== "cli")) },
      to: { path: `${source}/[^/]+\\.ts$` },
    },
    {
      name: "no-cycles",
      comment: "a cycle has no order in which it can be read",
      severity: "error",
      from: { path: "^(kernel-lib|lab-extension)/src" },
      to: { circular: true },
    },
    {
      name: "core-does-no-io",
      comment: `${core.join(", ")} have no side effects: of Node they may use buffer, crypto and util`,
      severity: "error",
      from: { path: folders(core) },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?(buffer|crypto|util)$" },
    },
    {
      name: "observe-imports-the-key",
      comment:
        "observe/ wraps Node: of the layers before it, it imports only protocol, async, key/digest and the syntax tree",
      severity: "error",
      from: { path: folders(["observe"]) },
      to: { path: folders(["stage", "graph", "key"]), pathNot: `${source}/key/(digest|code/syntax-tree)\\.ts$` },
    },
    {
      name: "protocol-is-browser-safe",
      comment: "the page loads it in the browser",
      severity: "error",
      from: { path: folders(["protocol"]) },
      to: { pathNot: folders(["protocol"]) },
    },
    {
      name: "rxjs-begins-at-events",
      severity: "error",
      from: { path: folders(layers.slice(0, layers.indexOf("events"))) },
      to: { path: "(^|/)node_modules/rxjs/" },
    },
    {
      name: "only-notebook-knows-tslab",
      severity: "error",
      from: { path: source, pathNot: folders(["notebook"]) },
      to: { path: "(^|/)node_modules/tslab/|^tslab(/|$)" },
    },
    {
      name: "inspector-outside-of-core",
      comment: "function scopes reach the key through a port",
      severity: "error",
      from: { path: source, pathNot: folders(["scopes", "run", "notebook"]) },
      to: { path: "^(node:)?inspector(/promises)?$" },
    },
    {
      name: "page-imports-only-protocol-and-drawing",
      severity: "error",
      from: { path: page },
      to: {
        path: "^(kernel-lib|node_modules/stagebook)/",
        pathNot: "^(kernel-lib|node_modules/stagebook)/(src|lib)/(protocol|drawing)/",
      },
    },
    {
      name: "everything-resolves",
      severity: "error",
      from: { path: "^(kernel-lib|lab-extension)/src" },
      to: { couldNotResolve: true },
    },
    {
      name: "only-declared-packages",
      severity: "error",
      from: { path: source },
      to: {
        dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"],
        pathNot: ["(^|/)node_modules/@types/", "(^|/)@?tslab/"],
      },
    },
    {
      name: "no-tests-in-products",
      severity: "error",
      from: { path: "^(kernel-lib|lab-extension)/src" },
      to: { path: "^(test|\\.dev)/" },
    },
  ],
  options: {
    doNotFollow: { path: "(^|/)(node_modules|lib)/" },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["types", "import", "require", "node", "default"],
    },
  },
};
