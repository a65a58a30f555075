import { afterAll, beforeAll } from "vitest";
import type { Party } from "../../server/access/policy.js";
import type { Role, Visibility } from "../../server/records/access.js";
import type { StyleTransferRecord } from "../../server/records/session.js";
import { aFrame, anImage, aSession } from "../contracts/records.js";
import { type AppOptions, appOfFile, type RunningApp } from "./app.js";
import { GraphqlClient } from "./graphql-client.js";
import { pngPicture } from "./pictures.js";

/** Someone with the secret of a link of their own. */
export interface Someone {
  client: GraphqlClient;
  /** Owner of what they start. */
  ownerId: string;
  linkId: string;
}

/** A server with access by links, and clients of every party. */
export interface Parties {
  running: RunningApp;
  /** One client for each party; the artist is not the owner. */
  clients: Record<Party, Someone>;
  owner: Someone;
  /** Makes a link with a role; returns who came by it. */
  someone(role: Role, expiresAt?: Date | null): Promise<Someone>;
  /** Stores a finished painting of a new picture, with one frame. */
  paint(ownerId: string, visibility?: Visibility, changes?: Partial<StyleTransferRecord>): Promise<StyleTransferRecord>;
}

/** Parties for all tests of a file. */
export function partiesOfFile(options: AppOptions = {}): Parties {
  const running = appOfFile({ accessMode: "LINK", ...options });
  const all: Someone[] = [];
  const parties = { running, clients: {} } as Parties;

  parties.someone = async (role, expiresAt = null) => {
    const { link, secret } = await running.app.links.create({ name: role, ownerId: "tests", expiresAt }, { kind: "ACCESS", role });
    const someone = { client: new GraphqlClient(running.address, secret), ownerId: link.id, linkId: link.id };
    all.push(someone);
    return someone;
  };

  parties.paint = async (ownerId, visibility = "PRIVATE", changes = {}) => {
    const { storage } = running;
    const { bytes } = await pngPicture(16, 16, Math.floor(Math.random() * 1e9));
    const digest = await storage.blobs.put(new Uint8Array(bytes));
    const size = { digest, byteLength: bytes.byteLength, width: 16, height: 16, mimeType: "image/png" };
    const image = await storage.images.insert(anImage({ ownerId, ...size }));
    const session = aSession(image.id, { ownerId, visibility, status: "COMPLETED", finishedAt: new Date(), ...changes });
    await storage.sessions.insert(session);
    await storage.frames.insert(aFrame(session.id, 0, size));
    return session;
  };

  beforeAll(async () => {
    parties.owner = await parties.someone("ARTIST");
    const [viewer, artist, admin] = [await parties.someone("VIEWER"), await parties.someone("ARTIST"), await parties.someone("ADMIN")];
    const stranger = { client: new GraphqlClient(running.address), ownerId: "", linkId: "" };
    parties.clients = { STRANGER: stranger, VIEWER: viewer, ARTIST: artist, ADMIN: admin };
    all.push(stranger);
  });
  afterAll(async () => {
    for (const { client } of all) await client.close();
  });
  return parties;
}
