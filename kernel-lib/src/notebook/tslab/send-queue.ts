/** Sends one message after another on each socket. zeromq refuses a second send while one is under way, and tslab ignores that. */
import type { ZmqMessage, ZmqMessageClass, ZmqSocket } from "./tslab";

/** By socket: copies of tslab share them. */
const lastSend = new WeakMap<ZmqSocket, Promise<unknown>>();

/** Makes every message of the class wait for its turn. Signing is done at once, in the order of the calls. */
export function queueSends(
  Message: ZmqMessageClass,
  { lost, sending }: { readonly lost: (error: Error) => void; readonly sending: (message: ZmqMessage) => void },
): void {
  const { signAndSend } = Message.prototype;
  Message.prototype.signAndSend = function (key, socket) {
    sending(this);
    signAndSend.call(this, key, {
      send: (frames) => {
        const send = (lastSend.get(socket) ?? Promise.resolve()).then(() => socket.send(frames)).catch(lost);
        lastSend.set(socket, send);
        return send;
      },
    });
  };
}
