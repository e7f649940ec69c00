/** A map with a bound: beyond it, the least recently used entries are dropped, and callers must look them up again. */
export class BoundedMap<K, V> {
  /** In order of use, the latest last. */
  private readonly values = new Map<K, V>();
  private changeCount = 0;

  /** `max`: asked at each addition, because it may depend on how many stages there are. */
  constructor(private readonly max: () => number) {}

  get(key: K): V | undefined {
    const value = this.values.get(key);
    if (value === undefined) return undefined;
    this.values.delete(key);
    this.values.set(key, value);
    return value;
  }

  /** Increases whenever something is added, replaced or dropped. */
  get version(): number {
    return this.changeCount;
  }

  has(key: K): boolean {
    return this.values.has(key);
  }

  set(key: K, value: V): void {
    if (this.values.get(key) !== value) this.changeCount++;
    this.values.delete(key);
    this.values.set(key, value);
    const max = this.max();
    for (const oldest of this.values.keys()) {
      if (this.values.size <= max) break;
      this.values.delete(oldest);
      this.changeCount++;
    }
  }

  delete(key: K): void {
    if (this.values.delete(key)) this.changeCount++;
  }

  clear(): void {
    this.changeCount++;
    this.values.clear();
  }

  get size(): number {
    return this.values.size;
  }
}
