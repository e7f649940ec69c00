/** Runs of one stage for which a scheduler starts workers: they join the run in this process, and end with it. */
import { setTimeout as sleep } from "node:timers/promises";
import path from "node:path";
import { messageOf, StagebookError } from "../../protocol";
import type { RunOn } from "../../stage/public/stages";
import type { Engine } from "../engine";
import type { Instance } from "../state/instances";
import { isStoreName, isUrl } from "../../store/store-url";
import type { JobState, Scheduler, WorkersJob } from "./scheduler";

/** How often the scheduler is asked for the state of a job. */
const POLL_MS = 10_000;
const WORKERS = 4;

export type Schedulers = { readonly [name in "slurm"]: Scheduler };

export interface ClusterParts {
  readonly engine: Engine;
  readonly schedulers: Schedulers;
  /** The absolute path of the notebook or script, as it is called now; undefined when it has only a name. */
  readonly file: () => string | undefined;
  /** STAGEBOOK_STORE. */
  readonly chosenStore: string | undefined;
}

export class ClusterRuns {
  constructor(private readonly parts: ClusterParts) {}

  /**
   * Submits the workers, and calls `work`; when that has ended, workers that are left are cancelled. A stage that is fresh, and a process
   * that is a worker itself, submits none. Throws what the scheduler throws, `scheduler-notebook`, `scheduler-store` and `scheduler-param`.
   */
  async run<T>(on: RunOn, stage: Instance, work: () => Promise<T>): Promise<T> {
    const { engine, schedulers } = this.parts;
    if (engine.runOverrides.isWorker || !(await this.isStale(stage))) return work();
    const settings = typeof on === "string" ? { scheduler: on } : on;
    const scheduler = schedulers[settings.scheduler];
    const job = this.jobOf(settings, stage);
    const id = await scheduler.submit(job);
    const log = this.logOf(stage);
    log("info", `${job.workers} workers are submitted to ${settings.scheduler} as job ${id}`);
    const ended = new AbortController();
    void follow(scheduler, id, log, ended.signal);
    try {
      return await work();
    } finally {
      ended.abort();
      await scheduler.cancel(id).catch((error: unknown) => log("warn", `job ${id} goes on: ${messageOf(error)}`));
    }
  }

  private async isStale(stage: Instance): Promise<boolean> {
    const { assessed } = await this.parts.engine.plan([stage]);
    const action = assessed.get(stage.id)?.row.action;
    return action !== "fresh" && action !== "load";
  }

  private jobOf({ workers = WORKERS, cpus = 1, time }: Exclude<RunOn, string>, stage: Instance): WorkersJob {
    const { name } = stage.definition;
    const store = this.store(name);
    const file = this.parts.file();
    if (file === undefined)
      throw new StagebookError(
        "scheduler-notebook",
        `stage "${name}": workers cannot be started, because this pipeline has no file`,
        "Run it from a notebook or script, or start workers yourself: stagebook work.",
        { stage: name },
      );
    const args = ["--target", name, "--no-saved", ...this.settingsOf(stage)];
    return { file, folder: path.dirname(file), workers, cpus, time, args, store };
  }

  /** The options that set the parameters which the stage reads, if they do not have their defaults. */
  private settingsOf(stage: Instance): readonly string[] {
    const { params, instances } = this.parts.engine;
    return [...instances.paramsRead([stage])].sort().flatMap((name) => {
      const definition = params.definition(name);
      const value = params.value(name, stage.overlay);
      if (params.digest(value) === params.digest(definition.initial)) return [];
      const json = definition.secret ? null : definition.schema.encode(value);
      if (definition.secret || definition.schema.kind === "other" || json === null)
        throw new StagebookError(
          "scheduler-param",
          `stage "${stage.definition.name}": the value of parameter "${name}" cannot be passed to workers on a command line`,
          "Make it the default, or start workers yourself: stagebook work --set-secret.",
          { stage: stage.definition.name },
        );
      return ["--set", `${name}=${typeof json === "string" ? json : JSON.stringify(json)}`];
    });
  }

  private store(stage: string): string {
    const { chosenStore, engine } = this.parts;
    const store = chosenStore ?? engine.store.location;
    if (isUrl(store)) return store;
    if (!isStoreName(store)) return path.resolve(engine.context.files.folder, store);
    throw new StagebookError(
      "scheduler-store",
      `stage "${stage}": workers cannot reach results that are only in this process`,
      "Set STAGEBOOK_STORE to a folder that all nodes share, or to a bucket: s3://bucket/prefix.",
      { stage },
    );
  }

  private logOf(stage: Instance): (level: "info" | "warn", message: string) => void {
    const { name, cell } = stage.definition;
    return (level, message) => this.parts.engine.log(level, `${name}: ${message}`, { stage: name, cell });
  }
}

/** Logs each change of the job until the run has ended. If the scheduler cannot be reached now, the next poll tries again. */
async function follow(
  scheduler: Scheduler,
  id: string,
  log: (level: "info" | "warn", message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let [before, problem] = ["", ""];
  while (!signal.aborted) {
    try {
      const text = textOf(await scheduler.state(id));
      if (text !== before && !signal.aborted) log("info", `job ${id}: ${text}`);
      before = text;
    } catch (error) {
      if (messageOf(error) !== problem) log("warn", `job ${id}: ${messageOf(error)}`);
      problem = messageOf(error);
    }
    await sleep(POLL_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function textOf({ pending, running }: JobState): string {
  if (pending + running === 0) return "its workers have ended";
  return `${running} ${running === 1 ? "worker runs" : "workers run"}, ${pending} waiting`;
}
