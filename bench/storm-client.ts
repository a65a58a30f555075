/**
 * The storm of storm.ts, in a process of its own: opens its sockets all at once, a third of them with a valid token, a third
 * with a wrong one and a third with none, subscribes with each, and begins again a second after each was answered or refused.
 * After each round it sends the parent process how many sockets were open.
 *
 *   forked with: address session sockets token
 */
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";

/** When those who were refused come again, ms: sooner than the server tells them. */
const AGAIN_MS = 1000;

const [address = "", id = "", sockets = "1", token = ""] = process.argv.slice(2);
const query = "subscription ($id: ID!) { session(id: $id) { __typename } }";
const payloads = [{ token }, { token: "wrong" }, {}];

/** One socket, until it has an answer; whether it was opened. */
function visit(number: number): Promise<boolean> {
  const socket = new WebSocket(`${address.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  let opened = false;
  return new Promise((resolve) => {
    socket.on("open", () => {
      opened = true;
      socket.send(JSON.stringify({ type: "connection_init", payload: payloads[number % payloads.length] }));
    });
    socket.on("message", (bytes: Buffer) => {
      if (bytes.includes('"connection_ack"')) {
        socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query, variables: { id } } }));
      } else socket.close();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(opened));
  });
}

process.once("disconnect", () => process.exit());
for (;;) {
  const visits = await Promise.all(Array.from({ length: Number(sockets) }, (_, number) => visit(number)));
  process.send?.(visits.filter(Boolean).length);
  await delay(AGAIN_MS);
}
