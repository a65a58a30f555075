import { randomUUID } from "node:crypto";
import { print } from "graphql";
import { expect, test } from "vitest";
import { OutputAddressesQuery } from "../../web/graphql/output-operations";
import { aLink } from "../contracts/access";
import { partiesOfFile } from "../helpers/parties";

const parties = partiesOfFile();

test("the live page finds the addresses of one's own outputs, however many newer ones others have, which an admin may read too", async () => {
  const { access } = parties.running.storage;
  const { ADMIN, ARTIST } = parties.clients;
  const share = async (ownerId: string, age: number) => {
    const link = aLink({ kind: "OUTPUT", role: null, output: "live", ownerId, createdAt: new Date(Date.now() - age) });
    await access.addLink(link, randomUUID());
    return link.id;
  };
  const own = await share(ADMIN.ownerId, 1000);
  for (let count = 0; count <= 100; count++) await share(ARTIST.ownerId, 0);
  const found = async ({ client }: typeof ADMIN, query: string) =>
    (await client.query(query)).links.map(({ id }: { id: string }) => id) as string[];
  expect(await found(ADMIN, print(OutputAddressesQuery))).toEqual([own]);
  expect(await found(ARTIST, print(OutputAddressesQuery))).not.toContain(own);
  const newest = await found(ADMIN, "{ links(first: 100, kind: OUTPUT) { id } }");
  expect(newest).toHaveLength(100);
  expect(newest).not.toContain(own);
  expect(await found(ARTIST, "{ links(kind: OUTPUT, mine: false) { id } }")).not.toContain(own);
});
