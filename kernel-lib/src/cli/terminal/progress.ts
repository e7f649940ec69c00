/** The progress of a command: a line for each stage that has ended, and one redrawn line for what is running, where the terminal can. */
import type { LogRecord, StagebookEvent } from "../../protocol";
import { formatDuration, visibleLine, visibleMessage } from "../../protocol";
import type { Terminal } from "./terminal";

const REDRAWN_EVERY_MS = 100;
const CLEAR_LINE = "\r\u001b[K";

interface Running {
  readonly since: number;
  share?: string;
}

export class Progress {
  private readonly running = new Map<string, Running>();
  private cell = "";
  private timer: NodeJS.Timeout | undefined;
  private isDrawn = false;

  constructor(private readonly terminal: Terminal) {}

  /** Starts redrawing, where the terminal can; the caller ends it with `stop`. */
  start(): void {
    if (this.terminal.errIsTerminal) this.timer = setInterval(() => this.draw(), REDRAWN_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.clear();
  }

  atCell(nth: number, of: number): void {
    this.cell = `cell ${nth} of ${of}`;
  }

  /** Prints a line that stays. */
  say(line: string): void {
    this.clear();
    this.terminal.err(`${visibleMessage(line)}\n`);
  }

  /** Prints the output of a cell. */
  print(text: string): void {
    this.clear();
    this.terminal.out(text);
  }

  show(event: StagebookEvent): void {
    switch (event.type) {
      case "stage:running":
        this.running.set(event.stage, { since: event.at });
        return;
      case "stage:progress": {
        const running = this.running.get(event.stage);
        if (running) running.share = event.total === null ? `${event.done}` : `${event.done} of ${event.total}`;
        return;
      }
      case "stage:succeeded":
        this.running.delete(event.stage);
        return this.say(
          `✓ ${visibleLine(event.stage)} · ${formatDuration(event.result.durationMs)} · ${event.result.summary}`,
        );
      case "stage:failed":
        this.running.delete(event.stage);
        return this.say(`✗ ${visibleLine(event.stage)} failed: ${event.error.message}`);
      case "stage:cancelled":
        this.running.delete(event.stage);
        return this.say(`✗ ${visibleLine(event.stage)} was cancelled`);
      case "stage:waiting": {
        const { host, pid } = event.holder;
        return this.say(`… ${visibleLine(event.stage)} is running in another kernel (process ${pid} on ${host})`);
      }
      case "log:written":
        if (isShown(event.record)) this.say(`${event.record.level}: ${event.record.message}`);
        return;
      default:
        return;
    }
  }

  private draw(): void {
    const now = Date.now();
    const stages = [...this.running].map(
      ([name, { since, share }]) => `${name} ${share ?? formatDuration(now - since)}`,
    );
    this.clear();
    const line = [this.cell, ...stages].filter(Boolean).join(" · ");
    this.terminal.err(visibleLine(line).slice(0, (process.stderr.columns || 80) - 1));
    this.isDrawn = true;
  }

  private clear(): void {
    if (this.isDrawn) this.terminal.err(CLEAR_LINE);
    this.isDrawn = false;
  }
}

/** Failures of stages already have a line of their own. */
function isShown({ level, source, stage }: LogRecord): boolean {
  return level === "warn" || (level === "error" && !(source === "stagebook" && stage !== null));
}
