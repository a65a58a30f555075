import { expect, test } from "vitest";
import { SessionDirectory } from "../../server/access/session-directory.js";
import { publishChange } from "../../server/bus/bus.js";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import { StorageUnavailable } from "../../server/errors.js";
import type { SessionRecord } from "../../server/records/session.js";
import { aSession } from "../contracts/records.js";
import { until } from "../helpers/until.js";

test("a session can be asked for again after it could not be read while it changed", async () => {
  const bus = openEmbeddedBus(() => undefined);
  const session = aSession("image", { status: "RUNNING" });
  let refuse: ((error: Error) => void) | null = null;
  const reads = [() => new Promise<SessionRecord | null>((_resolve, reject) => (refuse = reject)), async () => session];
  const directory = new SessionDirectory({ find: async () => reads.shift()!() }, bus);
  const asking = directory.find(session.id);
  await until(() => refuse !== null);
  await publishChange(bus, session);
  refuse!(new StorageUnavailable("The database cannot be reached."));
  await expect(asking).rejects.toThrow("cannot be reached");
  expect(await directory.find(session.id)).toMatchObject({ id: session.id });
  await publishChange(bus, { ...session, revision: session.revision + 1, visibility: "PUBLIC" });
  expect(await directory.find(session.id)).toMatchObject({ visibility: "PUBLIC" });
  await directory.close();
  await bus.close();
});
