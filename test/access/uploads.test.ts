import { request } from "node:http";
import sharp from "sharp";
import { expect, test, vi } from "vitest";
import { eventually } from "../helpers/eventually.js";
import { partiesOfFile, type Someone } from "../helpers/parties.js";
import { pngPicture } from "../helpers/pictures.js";

const parties = partiesOfFile();

const exif = { IFD0: { Artist: "Ada Lovelace" }, IFD3: { GPSLatitude: "51/1 30/1 2/1", GPSLatitudeRef: "N" } };
const photo = (background: string, orientation = 1) =>
  sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .withMetadata({ orientation })
    .withExifMerge(exif)
    .jpeg()
    .toBuffer();

/** Uploads a photo and starts a painting of it that everyone may see. */
async function hang({ client }: Someone, bytes: Buffer) {
  const imageId = await client.upload(bytes, "image/jpeg");
  const input = { contentId: imageId, styles: [{ imageId }] };
  const { id } = (await client.query("mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }", { input }))
    .startStyleTransfer;
  await client.query("mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PUBLIC) { id } }", { id });
  return { imageId, id: id as string };
}

async function get({ client }: Someone, path: string, headers: Record<string, string> = {}) {
  const response = await fetch(client.address + path, { headers: { ...client.credentials, ...headers } });
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
}

test("an upload has its EXIF for its owner and for nobody else, admins included", async () => {
  const bytes = await photo("teal");
  const { imageId } = await hang(parties.owner, bytes);
  const path = `/images/${imageId}`;
  const own = await get(parties.owner, path);
  expect(own.bytes).toEqual(bytes);
  for (const party of ["STRANGER", "VIEWER", "ARTIST", "ADMIN"] as const) {
    const { response, bytes: copy } = await get(parties.clients[party], path);
    expect((await sharp(copy).metadata()).exif).toBeUndefined();
    expect(copy.includes("Ada Lovelace")).toBe(false);
    expect(await sharp(copy).raw().toBuffer()).toEqual(await sharp(bytes).raw().toBuffer());
    expect(response.headers.get("Content-Type")).toBe("image/jpeg");
    expect(response.headers.get("Content-Length")).toBe(String(copy.byteLength));
  }
});

test("caches keep the two apart, and ask again", async () => {
  const { imageId } = await hang(parties.owner, await photo("olive"));
  const path = `/images/${imageId}`;
  const [own, other] = [(await get(parties.owner, path)).response.headers, (await get(parties.clients.ARTIST, path)).response.headers];
  expect(own.get("ETag")).not.toBe(other.get("ETag"));
  for (const headers of [own, other]) {
    expect(headers.get("Cache-Control")).toBe("private, no-cache");
    expect(headers.get("Vary")).toBe("Cookie, Authorization");
  }
  // fetch asks caches not to answer, unless it is told otherwise.
  const again = { "If-None-Match": other.get("ETag") ?? "", "Cache-Control": "max-age=0" };
  expect((await get(parties.clients.ARTIST, path, again)).response.status).toBe(304);
  expect((await get(parties.owner, path, again)).response.status).toBe(200);
});

test("a photo that EXIF turns stands upright for others", async () => {
  const { imageId } = await hang(parties.owner, await photo("navy", 6));
  const all = await Promise.all([1, 2].map(async () => (await get(parties.clients.VIEWER, `/images/${imageId}`)).bytes));
  expect(all[0]).toEqual(all[1]);
  const { width, height, orientation, exif: left } = await sharp(all[0]).metadata();
  expect([width, height, orientation, left]).toEqual([48, 64, undefined, undefined]);
});

test("thumbnails, frames, stills and traces tell nothing of it, to the owner neither", async () => {
  const { imageId, id } = await hang(parties.owner, await photo("maroon", 8));
  await parties.running.host.paint(id, 0, (await pngPicture(64, 48)).bytes);
  const paths = [
    `/images/${imageId}?w=64`,
    `/frames/${id}/0`,
    ...["png", "jpg", "webp"].map((format) => `/sessions/${id}/export.${format}`),
  ];
  for (const path of paths) {
    const { response, bytes } = await get(parties.owner, path);
    expect(response.status).toBe(200);
    expect((await sharp(bytes).metadata()).exif).toBeUndefined();
    expect(bytes.includes("Ada Lovelace")).toBe(false);
  }
  expect((await get(parties.owner, `/sessions/${id}/trace.json`)).bytes.includes("Ada Lovelace")).toBe(false);
});

test("a picture that its owner shares is seen by everyone with a role who knows its id, without its EXIF", async () => {
  const { owner, clients } = parties;
  const bytes = await photo("coral");
  const id = await owner.client.upload(bytes, "image/jpeg");
  const SHARE = "mutation ($id: ID!, $visibility: Visibility!) { setImageVisibility(id: $id, visibility: $visibility) { visibility } }";
  const START = "mutation ($id: ID!) { startStyleTransfer(input: { contentId: $id, styles: [{ imageId: $id }] }) { id } }";
  expect(await clients.ARTIST.client.refusal(START, { id })).toMatchObject({ code: "NOT_FOUND" });
  expect(await clients.ARTIST.client.refusal(SHARE, { id, visibility: "LINK" })).toMatchObject({ code: "NOT_FOUND" });
  await owner.client.query(SHARE, { id, visibility: "LINK" });
  for (const party of ["VIEWER", "ARTIST"] as const) {
    const copy = await get(clients[party], `/images/${id}`);
    expect(copy.response.status).toBe(200);
    expect(copy.bytes.includes("Ada Lovelace")).toBe(false);
    const { images } = await clients[party].client.query("{ images(first: 100) { edges { node { id } } } }");
    expect(JSON.stringify(images)).not.toContain(id);
  }
  expect((await clients.ARTIST.client.query(START, { id })).startStyleTransfer.id).toBeTruthy();
  expect(await clients.ARTIST.client.refusal(SHARE, { id, visibility: "PRIVATE" })).toMatchObject({ code: "FORBIDDEN" });
  expect((await get(clients.STRANGER, `/images/${id}`)).response.status).toBe(401);
  await owner.client.query(SHARE, { id, visibility: "PUBLIC" });
  expect((await get(clients.STRANGER, `/images/${id}`)).response.status).toBe(200);
  await owner.client.query(SHARE, { id, visibility: "PRIVATE" });
  expect((await get(clients.VIEWER, `/images/${id}`)).response.status).toBe(404);
});

test("an upload is not stored when its sender's access ends before it has arrived", async () => {
  const { running } = parties;
  const { client, linkId, ownerId } = await parties.someone("ARTIST");
  const { bytes } = await pngPicture(20, 20, 77);
  const counted = vi.spyOn(running.storage.images, "byteLengthOf");
  const headers = { ...client.credentials, "Content-Length": bytes.byteLength };
  const upload = request(`${running.address}/images`, { method: "POST", headers });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    upload.once("response", (response) => resolve(response.resume().statusCode)).once("error", reject);
  });
  upload.write(bytes.subarray(0, 10));
  // It was let in.
  await eventually(() => expect(counted).toHaveBeenCalled());
  counted.mockRestore();
  await running.app.links.revoke(linkId);
  upload.end(bytes.subarray(10));
  expect(await answered).toBe(401);
  expect(await running.storage.images.count(ownerId)).toBe(0);
});
