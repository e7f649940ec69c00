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
  const out = openWriter(stdout);
  const err = openWriter(stderr);
  return {
    out: (text) => void out(text),
    err: (text) => void err(text),
    outIsTerminal: stdout.isTTY,
    errIsTerminal: stderr.isTTY,
    drained: async () => {
      await out("");
      await err("");
    },
  };
}

/** Resolves when it is written. Whoever reads may leave (`| head`): the work goes on. */
function openWriter(stream: NodeJS.WriteStream): (text: string | Uint8Array) => Promise<void> {
  const write = stream.write.bind(stream) as (text: string | Uint8Array, done: () => void) => void;
  let isOpen = true;
  stream.on("error", () => (isOpen = false));
  return (text) => (isOpen ? new Promise((done) => write(text, done)) : Promise.resolve());
}
