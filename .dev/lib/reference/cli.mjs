/** The reference of the command line: commands and options from commander's definitions in the built package. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import { root } from "../project.mjs";
import { docBefore, inlineCode, item, parseFile } from "./syntax.mjs";

const sources = join(root, "kernel-lib", "src");

/** What each variable does. A variable that the sources read and this list does not have is an error, and the other way round. */
const variables = {
  STAGEBOOK_TSLAB:
    "repairs of the tslab kernel that are left out: `plain` for all of them, or names with a minus, separated by commas",
  STAGEBOOK_COMPILE_CACHE:
    "Where commands keep what cells are compiled to: a folder, or `none`. Default: `stagebook/cells` in `XDG_CACHE_HOME`, or in `~/.cache`.",
  STAGEBOOK_STORE:
    "Where results are kept: a folder, `s3://bucket/prefix`, `memory` or `none`. Default: `.stagebook` beside the notebook.",
  STAGEBOOK_SHARED_STORE:
    "A store that several machines share: a folder that all of them see, or `s3://bucket/prefix`.",
  STAGEBOOK_SHARED_READONLY: "`1`: the shared store is read and never written.",
  STAGEBOOK_TRUST_KEY:
    "Signs the results in the shared store; unsigned results there are ignored. A secret, `ed25519:<32 bytes in base64>` or a PEM; " +
    "with `ed25519-public:…` results are verified and none are written. `none`: unsigned results are accepted without a warning.",
  STAGEBOOK_STORE_ACCESS:
    "Who may read the files of a store: `private` (modes 600 and 700; default) or `shared` (as the umask says; default for the shared store).",
  STAGEBOOK_TRUST_NAME: "Whose results are trusted, when several teams have one key. Default: `stagebook`.",
  STAGEBOOK_MAX_BYTES:
    "Size limit of the store's folder, such as `10GB`: values that were unused for longest are evicted.",
  STAGEBOOK_CACHE_BYTES: "How much of the values a kernel keeps in memory in front of the store. Default: `256MiB`.",
  STAGEBOOK_CACHED_VALUES: "How many of the values that is at most. Default: 5000.",
  STAGEBOOK_REMEMBERED_RESULTS:
    "How many records of results, of about 1.5 kB each, a kernel keeps in memory; if there are more stages, four for each. Default: 1000.",
  STAGEBOOK_LOG_LINES: "How many lines of the log a kernel keeps for its pages. Default: 100000.",
  STAGEBOOK_LOG_CHARACTERS: "How many characters these lines have together. Default: 50000000.",
  STAGEBOOK_SHOWN_TABLES: "Of how many tables that cells have shown a kernel keeps the rows. Default: 20.",
  STAGEBOOK_PAGE_BYTES:
    "How much state a page loads at first, such as `5MB`: log lines beyond it are loaded when you scroll. Default: `2MB`.",
  STAGEBOOK_WORKER_MEMORY:
    "How much memory each worker thread may use, such as `2GB`, for stages without the option `memory`. Default: half of the machine's memory.",
  STAGEBOOK_AUDIT:
    "share of cache hits that a kernel computes again and compares while nothing runs: `1%`, a number from 0 to 1, `off` (default)",
  STAGEBOOK_RUN_LIMIT:
    "`stagebook run` executes nothing, and ends with code 6, if what is stale takes more machine time than this, such as `8h`. Default: no limit.",
  STAGEBOOK_SLOTS: "In an exported Airflow DAG: how many tasks share the items of a stage with `scale`. Default: 4.",
  STAGEBOOK_FOLDER: "In an exported Slurm script: the folder of the notebook on the nodes.",
  STAGEBOOK_NOTEBOOK: "In an exported Airflow DAG: the notebook, or the folder of the notebooks, on the worker.",
  STAGEBOOK_COMMAND: "In an exported Airflow DAG or Slurm script: the command to run. Default: `npx stagebook`.",
};
/** Set by Stagebook for its own child processes. */
const internal = ["STAGEBOOK_PARAMS", "STAGEBOOK_SECRET_"];

/** Creates the page. @returns {{ file: string, text: string }[]} */
export function createCliPage() {
  const { createProgram } = createRequire(import.meta.url)(join(root, "kernel-lib", "lib", "cli", "main.js"));
  /** @type {import("commander").Command} */
  const program = createProgram({ out: () => undefined, err: () => undefined, errIsTerminal: false });
  const intro = [
    program.description(),
    "Generated from the definitions in `kernel-lib/src/cli` by `npm run api`. Edit those, not this file.",
  ].join("\n\n");
  const text = ["# The command line", intro, ...leavesOf(program).map(commandSection), exitCodes(), environment()];
  return [{ file: "cli.md", text: text.join("\n\n") }];
}

/**
 * The commands that do something: not `help`, and of a group its members.
 * @param {import("commander").Command} command
 * @returns {import("commander").Command[]}
 */
function leavesOf(command) {
  return command.commands.length > 0 ? command.commands.flatMap(leavesOf) : [command];
}

/** @param {import("commander").Command} command */
function commandSection(command) {
  const names = [command.name()];
  for (let above = command.parent; above; above = above.parent) names.unshift(above.name());
  const usage = command.usage().replace(/^\[options\] /, "");
  const options = command.options
    .filter((option) => !option.hidden)
    .map((option) => item(option.flags, descriptionOf(option)));
  const title = names.slice(1).join(" ");
  return [
    `## ${title}`,
    `\`\`\`sh\n${names.join(" ")} [options] ${usage}\n\`\`\``,
    sentence(command.description()),
    options.join("\n"),
  ].join("\n\n");
}

/** @param {import("commander").Option} option */
function descriptionOf({ description, argChoices }) {
  return argChoices ? `${description} (one of ${argChoices.map(inlineCode).join(", ")})` : description;
}

/** @param {string} text */
function sentence(text) {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

function exitCodes() {
  const source = parseFile(join(sources, "cli", "terminal", "exit-code.ts"));
  /** @type {string[]} */
  const lines = [];
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isPropertyAssignment(node)) {
      const doc = docBefore(source.text, node.getFullStart());
      if (doc === "") throw new Error(`the exit code ${node.initializer.getText()} has no doc comment`);
      lines.push(item(node.initializer.getText(), doc));
    } else node.forEachChild(visit);
  };
  visit(source);
  return `## Exit codes\n\n${lines.join("\n")}`;
}

function environment() {
  const read = new Set(
    listSources(sources).flatMap((file) => readFileSync(file, "utf8").match(/\bSTAGEBOOK_[A-Z_]+\b/g) ?? []),
  );
  const known = [...Object.keys(variables), ...internal];
  const undocumented = [...read].filter((name) => !known.includes(name));
  const unused = known.filter((name) => !read.has(name));
  if (undocumented.length + unused.length > 0)
    throw new Error(
      `.dev/lib/reference/cli.mjs: describe ${undocumented.join(", ") || "nothing"}, remove ${unused.join(", ") || "nothing"}`,
    );
  const lines = Object.entries(variables).map(([name, doc]) => item(name, doc));
  return `## Environment variables\n\n${lines.join("\n")}`;
}

/** @param {string} folder @returns {string[]} */
function listSources(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => join(folder, name));
}
