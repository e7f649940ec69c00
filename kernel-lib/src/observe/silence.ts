/** Reads that belong to another one, or to Stagebook: while it lasts, nothing is recorded. Only for synchronous work. */
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

export function isSilent(): boolean {
  return silences > 0;
}
