/** The activity of a stage's function while it runs: where its prints go, and what it reads that its code does not show. */
import { unobserved } from "../../observe";
import type { RunId, RunSource } from "../../protocol";
import type { EngineContext } from "../engine-context";
import type { StageActivity } from "../state/activity";
import type { Instance, StageRef } from "../state/instances";
import type { InputValues } from "./call-parts";
import { lineWriter, type StageLines } from "./log/stage-lines";

/** Adds what the function reads unplanned to `unplanned`: its result must not be stored. */
export function createStageActivity(
  engine: EngineContext,
  instance: Instance,
  call: Pick<InputValues, "valueOf"> & { readonly runId: RunId; readonly source: RunSource },
  lines: StageLines,
  unplanned: Set<string>,
): StageActivity {
  // Few functions ask.
  let found: PlannedReads | undefined;
  const planned = (): PlannedReads => (found ??= plannedReads(engine, instance));
  return {
    run: call.runId,
    stage: instance.definition.name,
    source: call.source,
    overlay: instance.overlay,
    printed: lineWriter(lines, "console"),
    readStage: async (ref: StageRef) => {
      if (ref.name === instance.definition.name) return findPrevious(engine, instance);
      const upstream = engine.instances.ofRef(ref, instance);
      if (!planned().stages.has(upstream.id)) unplanned.add(`stage ${ref.name}`);
      return call.valueOf(upstream);
    },
    readUnseen: (what) => void unplanned.add(what),
    readParam: (name) => {
      if (!planned().params.has(name)) unplanned.add(`parameter ${name}`);
    },
  };
}

/** `logged`: the inputs that each log line carries. */
export function linesOf(
  engine: EngineContext,
  { definition }: Instance,
  runId: RunId,
  logged: Readonly<Record<string, unknown>>,
): StageLines {
  const { name, cell } = definition;
  return { runId, stage: name, cell, logged, emit: engine.emit, now: () => engine.clock.now() };
}

/** The stage's latest value, up to date or not. */
export async function findPrevious(engine: EngineContext, instance: Instance): Promise<unknown> {
  return unobserved(async () => {
    const latest = await engine.results.latest(instance);
    return latest ? (await engine.results.load(latest, instance))?.value : undefined;
  });
}

/** What the stage's code shows that it reads. */
interface PlannedReads {
  readonly stages: ReadonlySet<string>;
  readonly params: ReadonlySet<string>;
}

function plannedReads({ instances }: EngineContext, instance: Instance): PlannedReads {
  const names = instances.refs(instance).flatMap(({ ref }) => (ref.kind === "param" ? [ref.name] : []));
  return { stages: new Set(instances.needs(instance).map(({ id }) => id)), params: new Set(names) };
}
