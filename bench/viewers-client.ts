/**
 * Viewers of one session in a process of their own, for viewers.ts: as many sockets as asked for, each of which receives
 * every frame with its bytes. For each frame it sends the parent process the step and the time of arrival; the clock is
 * the system's, which both processes share.
 *
 *   forked with: address session viewers [token]
 */
import { WebSocket } from "ws";

const [address = "", id = "", viewers = "1", token] = process.argv.slice(2);
const query = "subscription ($id: ID!) { session(id: $id, inline: true) { ... on Frame { step width height computeMs data } } }";

/** Opens one viewer; resolves with its first event. */
function open(viewer: number): Promise<void> {
  const socket = new WebSocket(`${address.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const send = (message: object) => socket.send(JSON.stringify(message));
  socket.on("open", () => send({ type: "connection_init", payload: token === undefined ? {} : { token } }));
  return new Promise((resolve) => {
    socket.on("message", (bytes: Buffer) => {
      const at = Number(process.hrtime.bigint()) / 1e6;
      // The beginning of the message names its type and the step; parsing all of it would cost more than receiving it.
      const head = bytes.subarray(0, 120).toString("latin1");
      if (head.includes('"connection_ack"')) send({ id: String(viewer), type: "subscribe", payload: { query, variables: { id } } });
      else if (head.includes('"next"')) resolve();
      const step = /"step":(\d+)/.exec(head)?.[1];
      if (step !== undefined) process.send?.({ viewer, step: Number(step), at });
    });
  });
}

await Promise.all(Array.from({ length: Number(viewers) }, (_, viewer) => open(viewer)));
process.send?.("ready");
process.once("disconnect", () => process.exit());
