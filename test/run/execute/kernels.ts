/** Kernels of their own: processes with one program that share a store, and whose events the test waits for. */
import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import readline from "node:readline";
import type { StagebookEvent } from "stagebook";

/** One stage that reports progress, and ends when the file `go` exists. */
const program = `
  const { existsSync } = require("node:fs");
  const { setTimeout: sleep } = require("node:timers/promises");
  const { createPipeline } = require(process.argv[1]);
  const [store, go] = process.argv.slice(2);
  const p = createPipeline({ store });
  p.events$.subscribe((event) => console.log(JSON.stringify(event)));
  const made = p.stage("made", { go: p.param("go", go, { tracked: false }) }, async ({ go }, { progress }) => {
    progress(3, 7);
    while (!existsSync(go)) await sleep(20);
    return { by: "an execution" };
  });
  made().then((value) => console.log(JSON.stringify({ type: "value", value })));
`;

export type Message = StagebookEvent | { readonly type: "value"; readonly value: unknown };

export class Kernel {
  readonly messages: Message[] = [];
  private readonly child: ChildProcess;
  private wake: () => void = () => undefined;
  private wrong = "";
  readonly ended: Promise<number | null>;

  constructor(folder: string) {
    const library = path.resolve(import.meta.dirname, "../../../kernel-lib");
    const args = ["-e", program, library, path.join(folder, "store"), goFile(folder)];
    this.child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.ended = new Promise((resolve) => this.child.once("close", resolve));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.wrong += chunk.toString()));
    readline.createInterface({ input: this.child.stdout! }).on("line", (line) => {
      this.messages.push(JSON.parse(line) as Message);
      this.wake();
    });
    void this.ended.then(() => this.wake());
  }

  /** The first message for which it is true. Throws when the process ends before. */
  async until<T extends Message["type"]>(
    type: T,
    isIt: (message: Message & { readonly type: T }) => boolean = () => true,
  ): Promise<Message & { readonly type: T }> {
    let isOver = false;
    void this.ended.then(() => (isOver = true));
    for (;;) {
      const found = this.messages.find((message): message is Message & { readonly type: T } => message.type === type && isIt(message as never)); // prettier-ignore
      if (found) return found;
      if (isOver) throw new Error(`ended without ${type}: ${this.wrong}`);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  count(type: Message["type"]): number {
    return this.messages.filter((message) => message.type === type).length;
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }
}

const goFile = (folder: string): string => path.join(folder, "go");

/** Lets the executions end. */
export function endExecutions(folder: string): void {
  writeFileSync(goFile(folder), "");
}
