import { expect, test } from "vitest";
import { partiesOfFile } from "../helpers/parties.js";
import { guess } from "./attempts.js";

const parties = partiesOfFile({ trustedProxies: ["127.0.0.1"] });

test("a class opens one link from one address within a minute", async () => {
  const target = { kind: "ACCESS", role: "ARTIST" } as const;
  const { secret } = await parties.running.app.links.create({ name: "Class 7b", ownerId: "tests", expiresAt: null }, target);
  const refusals = await Promise.all(Array.from({ length: 40 }, () => guess(parties.running.address, "203.0.113.1", secret)));
  expect(refusals.filter((refusal) => refusal !== null)).toEqual([]);
});
