import { openEmbeddedQueue } from "../../server/queue/embedded.js";
import { queueContract } from "../contracts/queue.js";

queueContract("The embedded queue", async () => {
  const queue = openEmbeddedQueue();
  // It knows sessions only from what it is told.
  return { queue, store: async () => undefined, end: async () => undefined, close: () => queue.close() };
});
