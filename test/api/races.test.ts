import sharp from "sharp";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { StorageUnavailable } from "../../server/errors.js";
import { appOfFile, startSession } from "../helpers/app.js";

const START =
  "mutation ($image: ID!, $style: ID!) { startStyleTransfer(input: { contentId: $image, styles: [{ imageId: $style }] }) { id } }";
const TRANSLATE = 'mutation ($image: ID!) { startTranslation(input: { model: "horse2zebra", imageId: $image }) { id } }';
const STEER = "mutation ($id: ID!, $image: ID!) { steer(sessionId: $id, changes: { styles: [{ imageId: $image }] }) { id } }";
const BRANCH =
  "mutation ($id: ID!, $image: ID!) { branchSession(sessionId: $id, step: 0, changes: { styles: [{ imageId: $image }] }) { id } }";
const CANCEL = "mutation ($id: ID!) { cancelSession(sessionId: $id) { status } }";
const DELETE_IMAGE = "mutation ($image: ID!) { deleteImage(id: $image) }";

const running = appOfFile();
let sessionId: string;

beforeAll(async () => {
  sessionId = await startSession(running);
  await running.host.claim();
  await running.host.paint(sessionId, 0);
});

let uploads = 0;
async function upload(): Promise<string> {
  const background = { r: 10, g: 20, b: uploads++ };
  return running.client.upload(
    await sharp({ create: { width: 64, height: 48, channels: 3, background } })
      .png()
      .toBuffer(),
  );
}

describe("a picture that is deleted after it was found", () => {
  /** Deletes an image just before `method` of a store begins. */
  function deleteBefore<Store extends object>(store: Store, method: keyof Store & string, image: string): void {
    const original = store[method] as (...args: unknown[]) => Promise<unknown>;
    const replaced = store as Record<string, (...args: unknown[]) => Promise<unknown>>;
    vi.spyOn(replaced, method).mockImplementationOnce(async (...args) => {
      await running.storage.images.delete(image);
      return original.apply(store, args);
    });
  }

  test.each([
    ["content of a style transfer", START, "insert"],
    ["style of a style transfer", START, "insert"],
    ["source of a translation", TRANSLATE, "insert"],
    ["style of a branch", BRANCH, "insertBranch"],
  ] as const)("%s is not found", async (what, mutation, method) => {
    const image = await upload();
    deleteBefore(running.storage.sessions, method, image);
    const [content, style] = what.startsWith("style of a style") ? [running.imageId, image] : [image, running.imageId];
    const refusal = await running.client.refusal(mutation, { id: sessionId, image: mutation === START ? content : image, style });
    vi.restoreAllMocks();
    expect(refusal.code).toBe("NOT_FOUND");
  });

  test("style of a change is not found", async () => {
    const image = await upload();
    deleteBefore(running.storage.changes, "add", image);
    const refusal = await running.client.refusal(STEER, { id: sessionId, image });
    vi.restoreAllMocks();
    expect(refusal.code).toBe("NOT_FOUND");
  });

  test("is not found when another client deletes it", async () => {
    const image = await upload();
    deleteBefore(running.storage.images, "delete", image);
    const refusal = await running.client.refusal(DELETE_IMAGE, { image });
    vi.restoreAllMocks();
    expect(refusal).toEqual({ code: "NOT_FOUND", field: "id" });
  });
});

describe("a branch", () => {
  const branch = () => running.client.refusal("mutation ($id: ID!) { branchSession(sessionId: $id, step: 0) { id } }", { id: sessionId });
  const branches = async () => {
    const { sessions } = await running.client.query("{ sessions(first: 100) { edges { node { status } } } }");
    return sessions.edges.length;
  };

  test("is not there when its checkpoint cannot be stored", async () => {
    const before = await branches();
    vi.spyOn(running.storage.checkpoints, "share").mockRejectedValueOnce(new StorageUnavailable("The server's disk is full."));
    expect(await branch()).toMatchObject({ code: "UNAVAILABLE" });
    vi.restoreAllMocks();
    expect(await branches()).toBe(before);
  });

  test("leaves no checkpoint when it cannot be stored", async () => {
    await running.storage.checkpoints.put(sessionId, 0, Uint8Array.of(1));
    const insert = vi
      .spyOn(running.storage.sessions, "insertBranch")
      .mockRejectedValueOnce(new StorageUnavailable("The server's disk is full."));
    expect(await branch()).toMatchObject({ code: "UNAVAILABLE" });
    const { id } = insert.mock.calls[0]![0];
    vi.restoreAllMocks();
    expect(await running.storage.checkpoints.get(id, 0)).toBeNull();
  });
});

test("when two clients delete a session at once, one gets NOT_FOUND", async () => {
  for (let round = 0; round < 3; round++) {
    const id = await startSession(running);
    await running.client.query(CANCEL, { id });
    const remove = () => running.client.query("mutation ($id: ID!) { deleteSession(sessionId: $id) }", { id });
    const answers = await Promise.allSettled([remove(), remove()]);
    expect(answers.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await running.client.refusal("mutation ($id: ID!) { deleteSession(sessionId: $id) }", { id })).toMatchObject({
      code: "NOT_FOUND",
    });
  }
});

test("when two clients cancel a running session at once, one gets CONFLICT", async () => {
  const id = await startSession(running);
  await running.host.claim();
  const answers = await Promise.all([running.client.send(CANCEL, { id }), running.client.send(CANCEL, { id })]);
  const outcomes = answers.map(({ data, errors }) => data?.cancelSession.status ?? errors?.[0]?.extensions.code);
  expect(outcomes.sort()).toEqual(["CANCELLED", "CONFLICT"]);
});

test.each(["frames/$/2147483648", "frames/$/9999999999", "sessions/$/export.png?step=2147483648"])(
  "a step that no row can hold is not found: %s",
  async (path) => {
    const response = await fetch(`${running.address}/${path.replace("$", sessionId)}`);
    expect(response.status).toBe(404);
  },
);

test.each(["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])(
  "an instant that the database cannot compare is bad input: %s",
  async (instant) => {
    for (const name of ["createdBefore", "createdAfter"]) {
      const refusal = await running.client.refusal(`{ sessions(filter: { ${name}: "${instant}" }) { totalCount } }`);
      expect(refusal).toMatchObject({ code: "BAD_INPUT", field: `filter.${name}` });
    }
  },
);

test("the first and the last instant that the database can compare are accepted", async () => {
  const filter = '{ createdAfter: "0001-01-01T00:00:00Z", createdBefore: "9999-12-31T23:59:59.999Z" }';
  const { sessions } = await running.client.query(`{ sessions(filter: ${filter}) { totalCount } }`);
  expect(sessions.totalCount).toBeGreaterThan(0);
});
