/**
 * A client of live translation in a process of its own. Like the studio's page, it takes the newest picture of a
 * camera, which it simulates, encodes and sends it, and decodes the result. It prints one line of JSON for each result.
 *
 *   npx tsx bench/live-client.ts address session seconds camera-fps keep|flood first-step
 *
 * `keep` respects the server's credit; `flood` sends every picture of the camera.
 */
import { createClient } from "graphql-ws";
import sharp from "sharp";
import WebSocket from "ws";

const [address = "", sessionId = "", seconds = "10", fps = "30", manner = "keep", firstStep = "0"] = process.argv.slice(2);
const side = 256;

const camera = await filmStrip();
const startedAt = performance.now();
const endAt = startedAt + 1000 * Number(seconds);
const socket = createClient({ url: `${address.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0, lazy: false });
/** Time at which the camera took each picture that was sent, by step, ms. */
const taken = new Map<number, number>();
/** How many pictures have no reply yet, and how many may be without one at a time. */
let [unanswered, credit] = [0, 2];

const results = watch();
for (let step = 0; performance.now() < endAt; step++) {
  const takenAt = await nextPicture(step);
  if (manner === "flood" || unanswered < credit) void send(Number(firstStep) + step, takenAt, await encoded(step));
}
await new Promise((resolve) => setTimeout(resolve, 500));
await socket.dispose();
await results;

/** Sixteen pictures of a moving photo, RGB bytes. */
async function filmStrip(): Promise<Buffer[]> {
  const photo = sharp(`${import.meta.dirname}/../models/bundled/photo-to-painting/reference/input.png`).removeAlpha();
  const wide = await photo.resize(side + 32, side + 32, { fit: "fill" }).toBuffer();
  return Promise.all(
    Array.from({ length: 16 }, (_, i) =>
      sharp(wide)
        .extract({ left: 2 * i, top: i, width: side, height: side })
        .raw()
        .toBuffer(),
    ),
  );
}

/**
 * Waits for the camera's next picture, and returns the time at which it was taken, ms. Pictures in between are dropped.
 */
async function nextPicture(step: number): Promise<number> {
  const interval = 1000 / Number(fps);
  const now = performance.now();
  const next = manner === "flood" ? startedAt + step * interval : startedAt + Math.ceil((now - startedAt) / interval) * interval;
  if (next > now) await new Promise((resolve) => setTimeout(resolve, next - now));
  return performance.now();
}

function encoded(step: number): Promise<Buffer> {
  const raw = { width: side, height: side, channels: 3 } as const;
  return sharp(camera[step % camera.length], { raw })
    .jpeg({ quality: 80 })
    .toBuffer();
}

async function send(step: number, takenAt: number, picture: Buffer): Promise<void> {
  unanswered++;
  taken.set(step, takenAt);
  const query = "mutation ($input: FrameInput!) { sendFrame(input: $input) { status credit } }";
  const input = { sessionId, step, data: picture.toString("base64") };
  for await (const { data, errors } of socket.iterate<{ sendFrame: { status: string; credit: number } }>({ query, variables: { input } })) {
    unanswered--;
    if (errors) throw new Error(JSON.stringify(errors));
    if (data) credit = data.sendFrame.credit;
    if (data?.sendFrame.status === "SUPERSEDED") taken.delete(step);
  }
}

async function watch(): Promise<void> {
  const query = `subscription ($id: ID!) { session(id: $id, inline: true) { ... on Frame { step computeMs data } } }`;
  try {
    for await (const { data } of socket.iterate<{ session: { step?: number; computeMs: number; data: string } }>({
      query,
      variables: { id: sessionId },
    })) {
      const frame = data?.session;
      if (frame?.step === undefined) continue;
      await sharp(Buffer.from(frame.data, "base64")).raw().toBuffer();
      const at = performance.now();
      console.log(JSON.stringify({ at, delay: at - (taken.get(frame.step) ?? Number.NaN), computeMs: frame.computeMs }));
      taken.delete(frame.step);
    }
  } catch (error) {
    if (performance.now() < endAt) throw error;
  }
}
