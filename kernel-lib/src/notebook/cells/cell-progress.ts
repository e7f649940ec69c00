/**
 * A bar for each running stage in the output of the cell that started the run, when that takes long. It is one output that is drawn
 * anew, and empty when the run has ended: nothing stays in the notebook.
 */
import { randomUUID } from "node:crypto";
import { throughputOf, type CellId, type RunId, type StagebookEvent, type StageView, type View } from "../../protocol";
import type { Bundle } from "./display";

/** Shorter runs show none. */
const SHOWN_AFTER_MS = 1500;
const DRAWN_EVERY_MS = 250;

/** Shows a bundle in a cell's output; `update`: in place of the one with the same id. */
export type ShowInCell = (bundle: Bundle, id: string, update: boolean) => void;

export interface CellProgressPorts {
  readonly view: () => View;
  /** Undefined when the cell's output is not known. */
  readonly outputOf: (cell: CellId | null) => ShowInCell | undefined;
}

interface Shown {
  readonly timer: NodeJS.Timeout;
  readonly show: ShowInCell;
  readonly id: string;
  isDrawn: boolean;
}

export class CellProgress {
  private readonly shown = new Map<RunId, Shown>();
  /** Which run a stage is part of. */
  private readonly runOf = new Map<string, RunId>();

  constructor(private readonly ports: CellProgressPorts) {}

  tell(event: StagebookEvent): void {
    if (event.type === "run:started" && event.source === "cell") this.begin(event.run, event.cell);
    if (event.type === "stage:running" || event.type === "stage:waiting") this.runOf.set(event.stage, event.run);
    if (event.type === "run:ended") this.end(event.run);
  }

  private begin(run: RunId, cell: CellId | null): void {
    const show = this.ports.outputOf(cell);
    if (!show) return;
    const timer = setTimeout(() => this.draw(run), SHOWN_AFTER_MS);
    this.shown.set(run, { timer, show, id: randomUUID(), isDrawn: false });
  }

  private draw(run: RunId): void {
    const shown = this.shown.get(run);
    if (!shown) return;
    const stages = Object.values(this.ports.view().stages).filter(
      ({ name, status }) => status === "running" && this.runOf.get(name) === run,
    );
    shown.show(barsOf(stages, Date.now()), shown.id, shown.isDrawn);
    const timer = setTimeout(() => this.draw(run), DRAWN_EVERY_MS);
    this.shown.set(run, { ...shown, timer, isDrawn: true });
  }

  private end(run: RunId): void {
    const shown = this.shown.get(run);
    if (!shown) return;
    clearTimeout(shown.timer);
    this.shown.delete(run);
    if (shown.isDrawn) shown.show({ "text/html": "", "text/plain": "" }, shown.id, true);
  }
}

/** Exported for tests. `now`: epoch milliseconds. */
export function barsOf(stages: readonly StageView[], now: number): Bundle {
  const rows = stages.map((stage) => ({ name: stage.name, share: shareOf(stage, now), text: textOf(stage, now) }));
  const html = rows
    .map(
      ({ name, share, text }) =>
        `<tr><td style="text-align:left">${escapeText(name)}</td><td><progress aria-label="${escapeText(name)}" max="1"${share === undefined ? "" : ` value="${share.toFixed(3)}"`}></progress></td><td style="text-align:left">${escapeText(text)}</td></tr>`,
    )
    .join("");
  return {
    "text/html": `<table>${html}</table>`,
    "text/plain": rows.map(({ name, text }) => `${name}: ${text}`).join("\n"),
  };
}

/** From 0 to 1; undefined when it cannot be told. */
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
    elsewhere && `at work in another kernel (process ${elsewhere.pid} on ${elsewhere.host})`,
    progress && (progress.total === null ? `${progress.done}` : `${progress.done} of ${progress.total}`),
    perSecond === undefined ? undefined : `${Number(perSecond.toPrecision(2))} a second`,
    restMs !== undefined && restMs > 0 ? `about ${secondsText(restMs)} left` : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}

function secondsText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

const escapeText = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
