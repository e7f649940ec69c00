/** The layout worker: started by LayoutQueue, so that a large graph never holds up the page. */
import { computeLayout } from "./layout";
import type { LayoutAnswer, LayoutTask } from "./layout-queue";

self.onmessage = (event: MessageEvent<LayoutTask>) => {
  const { id, request } = event.data;
  self.postMessage(answerTask(id, request));
};

function answerTask(id: number, request: LayoutTask["request"]): LayoutAnswer {
  try {
    return { id, layout: computeLayout(request) };
  } catch (error) {
    return { id, problem: String(error) };
  }
}
