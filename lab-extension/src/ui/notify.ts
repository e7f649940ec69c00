/** Notifications of the panels: what failed, and what was done. */
import { Notification } from "@jupyterlab/apputils";
import { messageOf } from "stagebook/protocol";

const FAILURE_MS = 6000;
const SUCCESS_MS = 4000;

/** For `catch`: shows the error's message to the user. */
export function notifyFailure(error: unknown): void {
  Notification.error(messageOf(error), { autoClose: FAILURE_MS });
}

export function notifyDone(text: string): void {
  Notification.info(text, { autoClose: SUCCESS_MS });
}
