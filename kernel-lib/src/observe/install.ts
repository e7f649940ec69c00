/** Installs the wrappers that observe reads, once per process or thread. */
export interface ObserverOptions {
  /** Tells the key that `wrapper` stands for the built-in `original`. */
  readonly registerBuiltin?: (wrapper: object, original: object) => void;
  /** The source of a loaded script, found by its url (as stacks name it) and the sha256 of its source in hex. */
  readonly sourceOf?: (script: { readonly url: string; readonly hash: string }) => string | undefined;
}
export function installObservers(_options: ObserverOptions = {}): void {
  // Follows.
}
