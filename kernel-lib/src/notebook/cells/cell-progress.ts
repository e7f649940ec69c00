/**
 * Progress bars for the running stages, in the output of the cell that started the run, when the run takes long. They are one output,
 * updated in place and cleared at the end of the run: nothing stays in the notebook.
 */
import { randomUUID } from "node:crypto";
import {
  escapeMarkup,
  formatDuration,
  throughputOf,
  type CellId,
  type RunId,
  type StagebookEvent,
  type StageView,
  type View,
} from "../../protocol";
import type { Bundle } from "./display";

/** Shorter runs show no bars. */
const SHOW_AFTER_MS = 1500;
const UPDATE_EVERY_MS = 250;

/** Shows a bundle in a cell's output; `update` replaces the one with the same id. */
export type ShowInCell = (bundle: Bundle, id: string, update: boolean) => void;

export interface CellProgressPorts {
  readonly view: () => View;
  /** Undefined when the cell's output is unknown. */
  readonly outputOf: (cell: CellId | null) => ShowInCell | undefined;
}

/** The bars of one run. */
interface Bars {
  readonly timer: NodeJS.Timeout;
  readonly show: ShowInCell;
  readonly id: string;
  readonly isVisible: boolean;
}

export class CellProgress {
  private readonly bars = new Map<RunId, Bars>();
  /** The run that each stage is part of. */
  private readonly runOf = new Map<string, RunId>();

  constructor(private readonly ports: CellProgressPorts) {}

  handle(event: StagebookEvent): void {
    if (event.type === "run:started" && event.source === "cell") this.begin(event.run, event.cell);
    if (event.type === "stage:running" || event.type === "stage:waiting") this.runOf.set(event.stage, event.run);
    if (event.type === "run:ended") this.end(event.run);
  }

  private begin(run: RunId, cell: CellId | null): void {
    const show = this.ports.outputOf(cell);
    if (!show) return;
    const timer = setTimeout(() => this.draw(run), SHOW_AFTER_MS);
    this.bars.set(run, { timer, show, id: randomUUID(), isVisible: false });
  }

  private draw(run: RunId): void {
    const bars = this.bars.get(run);
    if (!bars) return;
    const stages = Object.values(this.ports.view().stages).filter(
      ({ name, status }) => status === "running" && this.runOf.get(name) === run,
    );
    bars.show(barsOf(stages, Date.now()), bars.id, bars.isVisible);
    const timer = setTimeout(() => this.draw(run), UPDATE_EVERY_MS);
    this.bars.set(run, { ...bars, timer, isVisible: true });
  }

  private end(run: RunId): void {
    const bars = this.bars.get(run);
    if (!bars) return;
    clearTimeout(bars.timer);
    this.bars.delete(run);
    if (bars.isVisible) bars.show({ "text/html": "", "text/plain": "" }, bars.id, true);
  }
}

/** Exported for tests. `now`: epoch milliseconds. */
export function barsOf(stages: readonly StageView[], now: number): Bundle {
  const rows = stages.map((stage) => ({ name: stage.name, share: shareOf(stage, now), text: textOf(stage, now) }));
  const html = rows
    .map(
      ({ name, share, text }) =>
        `<tr><td style="text-align:left">${escapeMarkup(name)}</td><td><progress aria-label="${escapeMarkup(name)}" max="1"${share === undefined ? "" : ` value="${share.toFixed(3)}"`}></progress></td><td style="text-align:left">${escapeMarkup(text)}</td></tr>`,
    )
    .join("");
  return {
    "text/html": `<table>${html}</table>`,
    "text/plain": rows.map(({ name, text }) => `${name}: ${text}`).join("\n"),
  };
}

/** From 0 to 1; undefined when neither progress nor an estimate is known. */
function shareOf({ progress, estimateMs, startedAt }: StageView, now: number): number | undefined {
  if (progress && progress.total !== null && progress.total > 0) return Math.min(1, progress.done / progress.total);
  if (estimateMs === undefined || startedAt === undefined) return undefined;
  return Math.min(0.99, (now - startedAt) / estimateMs);
}

function textOf(stage: StageView, now: number): string {
  const { progress, startedAt, estimateMs, elsewhere } = stage;
  const { perSecond, leftMs } = throughputOf(stage);
  const restMs =
    leftMs ?? (estimateMs !== undefined && startedAt !== undefined ? estimateMs - (now - startedAt) : undefined);
  return [
    elsewhere && `running in another kernel (process ${elsewhere.pid} on ${elsewhere.host})`,
    progress && (progress.total === null ? `${progress.done}` : `${progress.done} of ${progress.total}`),
    perSecond === undefined ? undefined : `${Number(perSecond.toPrecision(2))} a second`,
    restMs !== undefined && restMs > 0 ? `about ${formatDuration(restMs)} left` : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}
