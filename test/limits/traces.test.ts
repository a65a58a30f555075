import { expect, test } from "vitest";
import { partiesOfFile } from "../helpers/parties.js";
import { operate, upload } from "./attempts.js";

const BYTES = 10_000;
const parties = partiesOfFile({ limits: { uploadBytesPerMinute: BYTES } });

const IMPORT = "mutation ($trace: String!) { importTrace(trace: $trace) { id } }";
/** Half of what an owner may send in a minute, in characters of two bytes. */
const variables = { trace: "\u00e9".repeat(BYTES / 4) };

test("the bytes of traces count as uploaded ones of their owner, also where a trace cannot be read", async () => {
  const { client } = await parties.someone("ARTIST");
  for (let time = 0; time < 2; time++) expect((await operate(client, IMPORT, variables))?.code).toBe("BAD_INPUT");
  const refused = { code: "LIMIT", limitName: "uploadBytesPerMinute", limit: BYTES, retryAfter: expect.any(Number) };
  expect(await operate(client, IMPORT, variables)).toMatchObject(refused);
  expect(await upload(client)).toMatchObject(refused);
  expect(await upload((await parties.someone("ARTIST")).client)).toBeNull();
});

test("traces of admins are not counted", async () => {
  for (let time = 0; time < 3; time++) expect((await operate(parties.clients.ADMIN.client, IMPORT, variables))?.code).toBe("BAD_INPUT");
});
