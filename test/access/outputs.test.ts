import sharp from "sharp";
import { afterEach, expect, test } from "vitest";
import { publishChange } from "../../server/bus/bus.js";
import { aTranslation } from "../contracts/records.js";
import { openParts, type PictureStream } from "../helpers/mjpeg.js";
import { partiesOfFile, type Someone } from "../helpers/parties.js";

const parties = partiesOfFile();
const { running } = parties;
const OUTPUT = "stage";
const WATCH = `subscription { liveOutput(name: "${OUTPUT}") { sessionId step } }`;

const streams: PictureStream[] = [];
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});

/** Starts a live translation that the output shows; returns its id. */
async function start({ client }: Someone): Promise<string> {
  const mutation = `mutation { startTranslation(input: { model: "horse2zebra", output: "${OUTPUT}" }) { id } }`;
  const { id } = (await client.query(mutation)).startTranslation;
  expect(await running.host.claim()).toBe(id);
  return id;
}

/** Whether a colour has much red, green and blue: what is left of it in a JPEG. */
const colours = { "000": "black", "100": "red", "010": "lime", "001": "blue", "110": "yellow", "011": "cyan", "101": "magenta" };
type Colour = (typeof colours)[keyof typeof colours];

async function paint(sessionId: string, step: number, background: Colour): Promise<void> {
  const picture = sharp({ create: { width: 16, height: 16, channels: 3, background } });
  await running.host.paint(sessionId, step, await picture.png().toBuffer());
}

/** Opens an output as MJPEG; returns what reads on to the next picture of another colour, since one that stays is sent again. */
async function openColours(path: string, headers: Record<string, string> = {}): Promise<() => Promise<Colour>> {
  const stream = await openParts(running.address + path, headers);
  streams.push(stream);
  let last: Colour | null = null;
  return async () => {
    for (;;) {
      const part = await stream.part();
      if (!part) throw new Error("The stream has ended.");
      const { channels } = await sharp(part).stats();
      const colour = colours[channels.map(({ mean }) => (mean > 127 ? "1" : "0")).join("") as keyof typeof colours];
      if (colour === last) continue;
      last = colour;
      return colour;
    }
  };
}

/** Opens an artist's output in each way; returns what yields the next frame, and the next colour with their secret and with a key. */
async function watch({ client }: Someone) {
  const frames = client.subscribe(WATCH);
  const share = `mutation { shareOutput(output: "${OUTPUT}", input: { name: "OBS" }) { path } }`;
  const { path } = (await client.query(share)).shareOutput;
  const shown = [await openColours(`/live/out/${OUTPUT}.mjpeg`, client.credentials), await openColours(path)];
  for (const next of shown) expect(await next()).toBe("black");
  return async () => {
    const { value } = await frames.next();
    return [value.data.liveOutput, ...(await Promise.all(shown.map((next) => next())))];
  };
}

test("an output is its owner's alone: another artist's of the same name shows other pictures, and a viewer sees neither", async () => {
  const [one, two, viewer] = [await parties.someone("ARTIST"), await parties.someone("ARTIST"), await parties.someone("VIEWER")];
  const viewersFrame = viewer.client.subscribe(WATCH).next();
  // The subscription has begun when an operation on its socket is answered.
  await viewer.client.subscribe("{ server { version } }").next();
  const viewersColour = await openColours(`/live/out/${OUTPUT}.mjpeg`, viewer.client.credentials);
  expect(await viewersColour()).toBe("black");

  const [first, second] = [await start(one), await start(two)];
  await paint(first, 0, "red");
  await paint(second, 0, "lime");
  const [ofOne, ofTwo] = [await watch(one), await watch(two)];
  expect(await ofOne()).toEqual([{ sessionId: first, step: 0 }, "red", "red"]);
  expect(await ofTwo()).toEqual([{ sessionId: second, step: 0 }, "lime", "lime"]);

  // Sessions that start while the outputs are watched.
  const third = await start(one);
  await paint(third, 0, "blue");
  expect(await ofOne()).toEqual([{ sessionId: third, step: 0 }, "blue", "blue"]);
  const fourth = await start(two);
  await paint(fourth, 0, "yellow");
  expect(await ofTwo()).toEqual([{ sessionId: fourth, step: 0 }, "yellow", "yellow"]);
  await paint(third, 1, "cyan");
  expect(await ofOne()).toEqual([{ sessionId: third, step: 1 }, "cyan", "cyan"]);

  // The first that the viewer gets is a picture of their own, such as they have who came by an artist's link before.
  const settings = { ...aTranslation(null).settings, output: OUTPUT };
  const own = aTranslation(null, { ownerId: viewer.ownerId, status: "RUNNING", settings });
  await running.storage.sessions.insert(own);
  await publishChange(running.bus, own);
  await paint(own.id, 0, "magenta");
  expect((await viewersFrame).value.data.liveOutput).toEqual({ sessionId: own.id, step: 0 });
  expect(await viewersColour()).toBe("magenta");
});
