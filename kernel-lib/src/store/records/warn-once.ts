/** Trouble is told once for each place, until that was written anew. Used by the stores. */
import type { OnStoreProblem } from "../store";

export class WarnOnce {
  private readonly places = new Set<string>();

  constructor(private readonly onProblem: OnStoreProblem) {}

  readonly tell: OnStoreProblem = (message, where) => {
    if (this.places.has(where)) return;
    this.places.add(where);
    this.onProblem(message, where);
  };

  forget(where: string): void {
    this.places.delete(where);
  }
}
