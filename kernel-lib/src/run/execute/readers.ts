/** Which stages of a run need which, and who of them may still read a stage's output. By instance id. */
export class Readers {
  private readonly needs = new Map<string, readonly string[]>();
  private readonly readers = new Map<string, Set<string>>();

  add(reader: string, needs: readonly string[]): void {
    this.needs.set(reader, needs);
    for (const need of needs) {
      const readers = this.readers.get(need);
      if (readers) readers.add(reader);
      else this.readers.set(need, new Set([reader]));
    }
  }

  /** It reads no more. Gives those that nobody reads any more since. */
  leave(reader: string): readonly string[] {
    return (this.needs.get(reader) ?? []).filter((need) => {
      const readers = this.readers.get(need);
      return readers?.delete(reader) === true && readers.size === 0;
    });
  }
}
