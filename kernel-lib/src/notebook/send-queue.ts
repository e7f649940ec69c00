/** Sends one message after another on each socket. zeromq refuses a second send while one is under way, and tslab ignores that. */
import type { ZmqMessageClass, ZmqSocket } from "./tslab";

/** By socket: copies of tslab share them. */
const lastSend = new WeakMap<ZmqSocket, Promise<unknown>>();

/** Makes every message of the class wait for its turn. Signing is done at once, in the order of the calls. */
export function queueSends(Message: ZmqMessageClass, lost: (error: Error) => void): void {
  const { signAndSend } = Message.prototype;
  Message.prototype.signAndSend = function (key, socket) {
    signAndSend.call(this, key, {
      send: (frames) => {
        const send = (lastSend.get(socket) ?? Promise.resolve()).then(() => socket.send(frames)).catch(lost);
        lastSend.set(socket, send);
        return send;
      },
    });
  };
}
