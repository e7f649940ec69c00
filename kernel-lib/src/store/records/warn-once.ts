/** Trouble is told once for each place, until that was written anew. Used by the stores. */
import type { StoreTrouble } from "../store";

export class ToldOnce {
  private readonly places = new Set<string>();

  constructor(private readonly trouble: StoreTrouble) {}

  readonly tell: StoreTrouble = (message, where) => {
    if (this.places.has(where)) return;
    this.places.add(where);
    this.trouble(message, where);
  };

  forget(where: string): void {
    this.places.delete(where);
  }
}
