/** A map of what was used last: beyond its bound, what was not used for longest is dropped, and must be found again by whoever asks. */
export class BoundedMap<K, V> {
  /** In order of use, the latest last. */
  private readonly values = new Map<K, V>();

  /** `max`: asked at each addition, because it may depend on how many stages there are. */
  constructor(private readonly max: () => number) {}

  get(key: K): V | undefined {
    const value = this.values.get(key);
    if (value === undefined) return undefined;
    this.values.delete(key);
    this.values.set(key, value);
    return value;
  }

  has(key: K): boolean {
    return this.values.has(key);
  }

  set(key: K, value: V): void {
    this.values.delete(key);
    this.values.set(key, value);
    const max = this.max();
    for (const oldest of this.values.keys()) {
      if (this.values.size <= max) break;
      this.values.delete(oldest);
    }
  }

  delete(key: K): void {
    this.values.delete(key);
  }

  clear(): void {
    this.values.clear();
  }

  get size(): number {
    return this.values.size;
  }
}
