/** Where the command writes: the real streams, taken before a kernel in this process points them at its cells. */

export interface Terminal {
  out(text: string | Uint8Array): void;
  err(text: string): void;
  /** Whether a person reads what is written to `out`, and to `err`. */
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** When all is written. */
  drained(): Promise<void>;
}

/** Must be made before the first cell. */
export function createTerminal(): Terminal {
  const { stdout, stderr } = process;
  const out = stdout.write.bind(stdout);
  const err = stderr.write.bind(stderr);
  return {
    out: (text) => void out(text),
    err: (text) => void err(text),
    outIsTerminal: stdout.isTTY === true,
    errIsTerminal: stderr.isTTY === true,
    drained: async () => {
      await new Promise<void>((done) => out("", () => done()));
      await new Promise<void>((done) => err("", () => done()));
    },
  };
}
