/** Suppression of recording, for reads that are part of another read or of Stagebook itself. Only for synchronous work. */
let silences = 0;

/** Runs work whose synchronous reads are not recorded. */
export function silently<T>(act: () => T): T {
  silences++;
  try {
    return act();
  } finally {
    silences--;
  }
}

/** The same for a call. Without a closure: files are read in a microsecond. */
export function callSilently(
  fn: (this: unknown, ...args: unknown[]) => unknown,
  owner: unknown,
  args: unknown[],
): unknown {
  silences++;
  try {
    return Reflect.apply(fn, owner, args);
  } finally {
    silences--;
  }
}

/** The same for a function of one argument, without a list of arguments. */
export function callSilentlyWith(fn: (argument: unknown) => unknown, argument: unknown): unknown {
  silences++;
  try {
    return fn(argument);
  } finally {
    silences--;
  }
}

export function isSilent(): boolean {
  return silences > 0;
}
