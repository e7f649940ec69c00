/** The base class of state outside of React: a value, and the listeners that are notified when it is replaced. */

export abstract class Subscribable<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private value: T) {}

  /** For useSyncExternalStore. Returns the function that ends the subscription. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** For useSyncExternalStore: the same object until something changes. */
  readonly get = (): T => this.value;

  /** Replaces the value and notifies the listeners, unless it is the same object. */
  protected publish(value: T): void {
    if (value === this.value) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }
}
