/** The layout worker, started by LayoutQueue: a large graph never blocks the page. */
import { computeLayout } from "stagebook/drawing/layout";
import type { LayoutReply, LayoutTask } from "./layout-queue";

self.onmessage = (event: MessageEvent<LayoutTask>) => {
  const { id, request } = event.data;
  self.postMessage(replyTo(id, request));
};

function replyTo(id: number, request: LayoutTask["request"]): LayoutReply {
  try {
    return { id, layout: computeLayout(request) };
  } catch (error) {
    return { id, problem: String(error) };
  }
}
