/** The program `stagebook`. Started by bin/stagebook.js. */
import { createProgram, runCommandLine } from "./program";
import { exitCode } from "./terminal/exit-code";
import { createTerminal } from "./terminal/terminal";

// createProgram: for the reference of the command.
export { createProgram, runCommandLine };

export async function main(): Promise<void> {
  const terminal = createTerminal();
  // A stage may wait for something that does not keep the process alive, a signal for example.
  setInterval(() => undefined, 2 ** 30);
  const code = await runCommandLine(process.argv.slice(2), terminal, {
    enterFolder: (folder) => process.chdir(folder),
  });
  const failure = await terminal.drained();
  if (failure) {
    terminal.err(`stagebook: the output could not be written: ${failure.message}\n`);
    await terminal.drained();
  }
  // Handles that a notebook left open do not delay the end.
  process.exit(failure && code === exitCode.ok ? exitCode.failed : code);
}

if (require.main === module) void main();
