/** The objects that a walk has met, numbered in order of first appearance. Used by `digestValue`. */
export class SeenObjects {
  /** Until one is met again their order is enough: a set takes one look-up for each, and less memory. */
  private inOrder: Set<object> | undefined = new Set();
  private readonly numbers = new Map<object, number>();

  /** The number of an object that was met before; undefined for a new one, which gets the next number. */
  add(object: object): number | undefined {
    const { inOrder } = this;
    if (inOrder === undefined) return this.addNumbered(object);
    const count = inOrder.size;
    inOrder.add(object);
    if (inOrder.size > count) return undefined;
    for (const each of inOrder) this.numbers.set(each, this.numbers.size);
    this.inOrder = undefined;
    return this.numbers.get(object);
  }

  private addNumbered(object: object): number | undefined {
    const before = this.numbers.get(object);
    if (before === undefined) this.numbers.set(object, this.numbers.size);
    return before;
  }
}
