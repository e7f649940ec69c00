/**
 * The context in which pipelines are opened: environment variables, working folder, overrides of the command line, and a callback.
 *
 * Cells and scripts import "stagebook" by themselves, in the process of the command that executes them, so a session cannot pass them
 * an argument. It executes them inside an AsyncLocalStorage instead: whatever they create, at once or after any `await`, finds the
 * session's context here. Outside a session, in a Jupyter kernel or a script started by Node, it is the context of the process. So two
 * sessions in one process do not see each other, and a promise left over from planning still may not run stages.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import fs from "node:fs";
import path from "node:path";
import type { PipelineInternals } from "./notebook/pipeline-internals";
import { RunOverrides } from "./run/state/run-overrides";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface PipelineContext {
  /** Environment variables that choose the store. */
  readonly environment: Environment;
  /** Absolute: relative paths of stores and input files start here. */
  readonly folder: string;
  /** The absolute path of the notebook or script, or a name: under whose id results are kept, unless the pipeline has its own name. */
  readonly notebook: string | { readonly file: string };
  /** Whether parameter values that were set and saved before are used, and those that are set now are saved. */
  readonly usesSavedParams: boolean;
  readonly overrides: RunOverrides;
  /** Called with each pipeline that is opened. */
  readonly onPipeline: (internals: PipelineInternals) => void;
}

const current = new AsyncLocalStorage<PipelineContext>();

/** Executes `act`, and everything async that it starts, in the context. */
export function withPipelineContext<T>(context: PipelineContext, act: () => T): T {
  return current.run(context, act);
}

/** The context of the code that is executing now. */
export function findPipelineContext(): PipelineContext {
  return current.getStore() ?? processContext();
}

/** The overrides of the code that is executing now; `otherwise` where it does not belong to a session. */
export function findOverrides(otherwise: RunOverrides): RunOverrides {
  return current.getStore()?.overrides ?? otherwise;
}

function processContext(): PipelineContext {
  return {
    environment: process.env,
    folder: process.cwd(),
    notebook: findNotebook(),
    usesSavedParams: true,
    overrides: RunOverrides.none,
    onPipeline: () => undefined,
  };
}

/** The notebook of a Jupyter kernel, or the script that Node was started with. */
function findNotebook(): PipelineContext["notebook"] {
  const session = process.env.JPY_SESSION_NAME;
  if (session !== undefined && session !== "") return { file: sessionFile(session) };
  const [, script = ""] = process.argv;
  // A program from a package, such as a test runner, executes the files of others.
  const isOwn = path.isAbsolute(script) && !/[\\/]node_modules[\\/]/.test(script);
  return isOwn ? { file: script } : "script";
}

/** Jupyter passes its kernels the path of their notebook; older servers relative to their root. A kernel works in the notebook's folder. */
function sessionFile(session: string): string {
  const beside = path.resolve(path.basename(session));
  return path.isAbsolute(session) && (fs.existsSync(session) || !fs.existsSync(beside)) ? session : beside;
}
