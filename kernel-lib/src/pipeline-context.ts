/**
 * The context in which pipelines are opened: environment variables, working folder, overrides of the command line, and a callback.
 *
 * Cells and scripts import "stagebook" by themselves, in the process of the command that executes them, so a session cannot pass them
 * an argument. It executes them inside an AsyncLocalStorage instead: whatever they create, at once or after any `await`, finds the
 * session's context here. Outside a session, in a Jupyter kernel or a script started by Node, it is the context of the process. So two
 * sessions in one process do not see each other, and a promise left over from planning still may not run stages.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import path from "node:path";
import type { PipelineInternals } from "./notebook/pipeline-internals";
import { RunOverrides } from "./run/state/run-overrides";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface PipelineContext {
  /** Environment variables that choose the store. */
  readonly environment: Environment;
  /** Absolute: relative paths of stores and input files start here. */
  readonly folder: string;
  /** The name under which results are kept, unless the pipeline has its own. */
  readonly notebook: string;
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
    notebook: notebookName(process.env.JPY_SESSION_NAME),
    overrides: RunOverrides.none,
    onPipeline: () => undefined,
  };
}

/** Jupyter passes its kernels the path of their notebook. */
function notebookName(session: string | undefined): string {
  return session === undefined || session === "" ? "script" : path.basename(session);
}
