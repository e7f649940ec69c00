/** The reference of the public API: one Markdown page per topic, written by TypeDoc. `.dev/config/api/` has its options and the topics. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Application, TSConfigReader, TypeDocReader } from "typedoc";
import { cache, root } from "../project.mjs";

const options = join(root, ".dev", "config", "api", "typedoc.json");

/** Creates the pages. kernel-lib must be built. @returns {Promise<{ file: string, text: string }[]>} */
export async function createApiPages() {
  const app = await Application.bootstrapWithPlugins({ options }, [new TypeDocReader(), new TSConfigReader()]);
  const project = await app.convert();
  if (project) app.validate(project);
  if (!project || app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error("TypeDoc cannot read the topics");
  const undocumented = findUndocumented(app);
  if (undocumented.length > 0) throw new Error(`.dev/config/api/topics names no page for ${undocumented.join(", ")}`);
  const folder = join(cache, "api-pages");
  await app.generateOutputs(project);
  return readdirSync(folder)
    .filter((file) => file !== "README.md")
    .map((file) => ({ file: `api/${file}`, text: readFileSync(join(folder, file), "utf8") }));
}

/**
 * What the package exports and no topic lists.
 * @param {Application} app
 */
function findUndocumented(app) {
  const topics = app.getEntryPoints() ?? [];
  const program = topics[0]?.program;
  const listed = new Set(topics.flatMap(({ sourceFile }) => exportsOf(program, sourceFile)));
  return exportsOf(program, program?.getSourceFile(join(root, "kernel-lib", "lib", "index.d.ts"))).filter(
    (name) => !listed.has(name),
  );
}

/**
 * @param {import("typescript").Program | undefined} program
 * @param {import("typescript").SourceFile | undefined} file
 */
function exportsOf(program, file) {
  const checker = program?.getTypeChecker();
  const module = file && checker?.getSymbolAtLocation(file);
  if (!checker || !module) throw new Error("kernel-lib exports nothing: build it first");
  return checker.getExportsOfModule(module).map(({ name }) => name);
}
