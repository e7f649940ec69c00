/** Ctrl-C, the request to end, and errors that no cell waited for. */
import { inspect } from "node:util";
import type { Session } from "./session";
import { exitCode, type ExitCode } from "../terminal/exit-code";
import type { Terminal } from "../terminal/terminal";

export class ProcessWatch {
  /** The exit code of the signal that came. */
  signalled: ExitCode | undefined;
  /** Errors that no cell waited for. */
  readonly strays: string[] = [];
  private session: Session | undefined;

  constructor(private readonly terminal: Terminal) {
    process.on("SIGINT", () => this.end(exitCode.interrupted));
    process.on("SIGTERM", () => this.end(exitCode.terminated));
    process.on("uncaughtException", (error) => this.stray(error));
    process.on("unhandledRejection", (reason) => this.stray(reason));
  }

  watch(session: Session): void {
    this.session = session;
    if (this.signalled !== undefined) session.interrupt();
  }

  private end(code: ExitCode): void {
    // The second time without waiting for anything.
    if (this.signalled !== undefined) process.exit(code);
    this.signalled = code;
    this.terminal.err("\nstopping; once more to end at once\n");
    this.session?.interrupt();
  }

  private stray(error: unknown): void {
    const text = inspect(error);
    this.strays.push(text);
    this.terminal.err(`an error that nothing waited for: ${text}\n`);
  }
}
