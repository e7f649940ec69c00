/** Hook 6, outgoing messages: sends one after another on each socket. zeromq rejects a send while another is pending, and tslab ignores that. */
import type { TslabHooks } from "./hooks";
import type { ZmqMessage, ZmqSocket } from "./tslab";

export interface SendListener {
  /** Before the message is signed. */
  readonly sending: (message: ZmqMessage) => void;
  /** The first time a send fails, and only then: reporting it sends a message too. */
  readonly failed: (error: Error) => void;
}

/** The pending send of each socket: copies of tslab share the sockets. */
const lastSend = new WeakMap<ZmqSocket, Promise<unknown>>();

/** Makes every message wait for its turn. It is signed at once, in the order of the calls. */
export function queueSends({ sending, failed }: SendListener): TslabHooks["signAndSend"] {
  let hasFailed = false;
  const report = (error: Error): void => {
    if (!hasFailed) failed(error);
    hasFailed = true;
  };
  return (original) =>
    function (key, socket) {
      sending(this);
      original.call(this, key, {
        send: (frames) => {
          const send = (lastSend.get(socket) ?? Promise.resolve()).then(() => socket.send(frames)).catch(report);
          lastSend.set(socket, send);
          return send;
        },
      });
    };
}
