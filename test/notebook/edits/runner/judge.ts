/** The verdict on a row: wrong-fresh, needless, or neither. */
import type { Edit, Outcome } from "./edit";

/** The stages that were executed when the pipeline was run, and the value that was returned, as JSON. */
export interface Answer {
  readonly ran: readonly string[];
  readonly value: string;
}

/** Compares the answers after the first run, after the edit and after the undo, as far as there are any. */
export function judge(edit: Edit, answers: readonly Answer[], failure?: string): Outcome {
  const [, after, back] = answers;
  const found = [
    after && compare(after, edit.mustRun, edit.value[1]),
    back && compare(back, edit.undoRuns ?? [], edit.value[0]),
  ].flatMap((one) => one ?? []);
  const sum = (of: "wrongFresh" | "needless"): number => found.reduce((total, one) => total + one[of], 0);
  const judged = { id: edit.id, ran: after?.ran ?? [], wrongFresh: sum("wrongFresh"), needless: sum("needless") };
  // A row that is wrong-fresh or needless needs no other explanation.
  return failure === undefined || judged.wrongFresh + judged.needless > 0 ? judged : { ...judged, failure };
}

function compare(answer: Answer, must: readonly string[], value: string): { wrongFresh: number; needless: number } {
  const missed = must.filter((stage) => !answer.ran.includes(stage)).length;
  return {
    wrongFresh: missed === 0 && answer.value !== value ? 1 : missed,
    needless: answer.ran.filter((stage) => !must.includes(stage)).length,
  };
}
