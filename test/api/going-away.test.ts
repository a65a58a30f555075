import { once } from "node:events";
import { expect, test } from "vitest";
import WebSocket from "ws";
import { startApp } from "../helpers/app.js";

test("clients learn that the server stops, also while its database hangs", async () => {
  let release: (ids: string[]) => void = () => undefined;
  const hanging = new Promise<string[]>((resolve) => {
    release = resolve;
  });
  const running = await startApp({
    storageOfApp: (storage) => ({ ...storage, sessions: { ...storage.sessions, expired: () => hanging } }),
  });
  const socket = new WebSocket(`${running.address.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init" }));
  await once(socket, "message");
  const closed = once(socket, "close");
  const ended = running.close();
  expect((await closed)[0]).toBe(1001);
  release([]);
  await ended;
});
