import { openEmbeddedQueue } from "../../server/queue/embedded.js";
import { queueContract } from "../contracts/queue.js";

queueContract("The embedded queue", async () => openEmbeddedQueue());
