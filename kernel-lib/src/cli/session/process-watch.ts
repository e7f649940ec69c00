/** Signals of the process, and errors that no cell awaited, while a session is open. */
import { inspect } from "node:util";
import { visibleText } from "../../protocol";
import { userFrames } from "../../run/error-view";
import type { Session } from "./session";
import { exitCode, type ExitCode } from "../terminal/exit-code";
import type { Terminal } from "../terminal/terminal";

export class ProcessWatch {
  /** The exit code of the signal that was received. */
  signaled: ExitCode | undefined;
  /** Errors that no cell awaited. */
  readonly strays: string[] = [];
  private session: Session | undefined;
  private readonly listeners: Readonly<Record<string, (reason: unknown) => void>>;

  constructor(private readonly terminal: Terminal) {
    this.listeners = {
      SIGINT: () => this.end(exitCode.interrupted),
      SIGTERM: () => this.end(exitCode.terminated),
      uncaughtException: (error) => this.stray(error),
      unhandledRejection: (reason) => this.stray(reason),
    };
    for (const [event, listener] of Object.entries(this.listeners)) process.on(event, listener);
  }

  watch(session: Session): void {
    this.session = session;
    if (this.signaled !== undefined) session.interrupt();
  }

  close(): void {
    for (const [event, listener] of Object.entries(this.listeners)) process.off(event, listener);
  }

  private end(code: ExitCode): void {
    // The second signal ends the process at once.
    if (this.signaled !== undefined) process.exit(code);
    this.signaled = code;
    this.terminal.err("\nstopping; repeat to exit immediately\n");
    this.session?.interrupt();
  }

  private stray(error: unknown): void {
    const text = visibleText(userFrames(inspect(error)));
    this.strays.push(text);
    this.terminal.err(`unhandled error: ${text}\n`);
  }
}
