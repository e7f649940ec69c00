/** The layers of kernel-lib, and what each may reach. `npm run check` holds them, type imports included. */

/** Data flows upwards: a folder imports only from itself and those before it. */
const layers = [
  "protocol",
  "async",
  "stage",
  "graph",
  "key",
  "preview",
  "scopes",
  "store",
  "run",
  "events",
  "notebook",
  "export",
  "cli",
];
/** No effects of their own: what they need comes in through ports. */
const core = ["protocol", "stage", "graph", "key", "preview"];
const source = "^kernel-lib/src";
const folders = (names) => `${source}/(${names.join("|")})/`;

const upward = layers.slice(0, -1).map((layer, index) => ({
  name: `${layer}-imports-from-below`,
  comment: `${layer}/ may import only from ${[...layers.slice(0, index), layer].join(", ")}`,
  severity: "error",
  from: { path: folders([layer]) },
  to: { path: folders(layers.slice(index + 1)) },
}));

module.exports = {
  forbidden: [
    ...upward,
    {
      name: "only-the-top-composes",
      comment:
        "pipeline.ts and the files beside it put the layers together; no layer imports them, but the command line",
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
      comment: `${core.join(", ")} are pure: of Node they may use crypto and util`,
      severity: "error",
      from: { path: folders(core) },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?(crypto|util)$" },
    },
    {
      name: "protocol-is-browser-safe",
      comment: "the page loads it",
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
      name: "page-imports-only-the-protocol",
      severity: "error",
      from: { path: "^lab-extension/src" },
      to: {
        path: "^(kernel-lib|node_modules/stagebook)/",
        pathNot: "^(kernel-lib|node_modules/stagebook)/(src|lib)/protocol/",
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
        pathNot: ["(^|/)node_modules/@types/", "(^|/)tslab/"],
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
