/** An HTTP proxy in front of a server that randomly, by a seed, breaks connections, truncates responses and throttles clients. */
import { once } from "node:events";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createRandom } from "../random";

export interface FaultProxy {
  readonly url: string;
  /** The number of requests by outcome. */
  readonly counts: Readonly<Record<Fault | "passed", number>>;
  /** The number of writes that require that the object does not exist, or has a certain version. */
  conditionalWrites(): number;
  /** Sets the share of requests with a fault, 0 to 1. */
  setFaults(share: number): void;
  /** While down, every connection breaks at once. */
  setDown(isDown: boolean): void;
  /** How every request ends from now on; undefined: as the shares say. */
  setOutage(outage: Outage | undefined): void;
  stop(): Promise<void>;
}

/** `hang`: no response ever; `stall`: half of the response, and then nothing; `slow`: each response is late. */
export type Outage = "503" | "500" | "403" | "hang" | "stall" | "reset" | "slow" | "403 for writes" | "hang for writes";

type Fault = "refused" | "lost" | "cut" | "slow down" | "too many";
const faults: readonly Fault[] = ["refused", "lost", "cut", "slow down", "too many"];

export async function startFaultProxy(port: number, seed: number): Promise<FaultProxy> {
  const random = createRandom(seed);
  const counts = { passed: 0, refused: 0, lost: 0, cut: 0, "slow down": 0, "too many": 0 };
  let share = 0;
  let conditional = 0;
  let isDown = false;
  let outage: Outage | undefined;
  const server = createServer((incoming, response) => {
    const fault = random() < share ? faults[Math.floor(random() * faults.length)] : undefined;
    if (incoming.headers["if-none-match"] !== undefined || incoming.headers["if-match"] !== undefined) conditional++;
    if (isDown) return void incoming.socket.destroy();
    if (outage) {
      suffer(outage, incoming, response, port);
      return;
    }
    counts[fault ?? "passed"]++;
    if (fault === "refused") incoming.socket.destroy();
    else if (fault === "slow down" || fault === "too many") throttle(incoming, response, fault);
    else pass(incoming, response, port, fault);
  });
  server.keepAliveTimeout = 1000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    conditionalWrites: () => conditional,
    setFaults: (wanted) => void (share = wanted),
    setDown: (wanted) => {
      isDown = wanted;
      if (isDown) server.closeAllConnections();
    },
    setOutage: (wanted) => {
      outage = wanted;
      if (!outage) server.closeAllConnections();
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function suffer(outage: Outage, incoming: IncomingMessage, response: ServerResponse, port: number): void {
  const isWrite = incoming.method === "PUT" || incoming.method === "DELETE";
  if (outage.endsWith(" for writes") && !isWrite) return pass(incoming, response, port, undefined);
  if (outage === "slow") return void setTimeout(() => pass(incoming, response, port, undefined), 200);
  if (outage === "reset") return void incoming.socket.resetAndDestroy();
  incoming.resume();
  if (outage === "stall") {
    response.writeHead(200, { "content-length": "1000", etag: '"stalled"' });
    return void response.write("{");
  }
  const status = Number.parseInt(outage);
  if (Number.isNaN(status)) return;
  const code = status === 403 ? "AccessDenied" : "ServiceUnavailable";
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no luck</Message></Error>`);
}

function throttle(incoming: IncomingMessage, response: ServerResponse, fault: Fault): void {
  incoming.resume();
  const [status, code] = fault === "slow down" ? [503, "SlowDown"] : [429, "TooManyRequests"];
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>Please reduce your request rate.</Message></Error>`,
  );
}

/** `lost`: the request is performed, and its response never arrives. `cut`: half of the response arrives. */
function pass(incoming: IncomingMessage, response: ServerResponse, port: number, fault: Fault | undefined): void {
  const { method, url, headers } = incoming;
  const onward = request({ host: "127.0.0.1", port, method, path: url, headers }, (back) => {
    const pieces: Buffer[] = [];
    back.on("data", (piece: Buffer) => pieces.push(piece));
    back.on("end", () => {
      const body = Buffer.concat(pieces);
      if (fault === "lost" || (fault === "cut" && body.byteLength < 2)) return void incoming.socket.destroy();
      response.writeHead(back.statusCode ?? 502, back.headers);
      if (fault !== "cut") return void response.end(body);
      response.write(body.subarray(0, body.byteLength / 2), () => incoming.socket.destroy());
    });
  });
  onward.on("error", () => incoming.socket.destroy());
  incoming.pipe(onward);
}
