/** The pipeline of the package itself, which `import { stage } from "stagebook"` defines stages in: each session has its own. */
import { createRequire } from "node:module";
import { builtFile } from "../../async/own-code";
import type { PipelineInternals } from "../../notebook/pipeline-internals";

const load = createRequire(__filename);
const entry = builtFile("index.js");

/** The next `require` of the package evaluates its entry module again, which creates the package's pipeline. The rest stays loaded. */
export function forgetPackage(): void {
  delete load.cache[entry];
}

/** The package as one session sees it: its pipeline is created in the context of the caller. */
export function loadPackage(): unknown {
  forgetPackage();
  return load(entry) as unknown;
}

export function definesSomething({ engine }: PipelineInternals): boolean {
  return engine.registry.stages.all().length > 0 || engine.params.names().length > 0;
}
