import { expect, test } from "vitest";
import { EncoderError, runEncoder } from "../../server/exports/encoder-process.js";

const pictures = {
  width: 2,
  height: 2,
  count: 3,
  skipped: 0,
  async *read() {
    for (let picture = 0; picture < 3; picture++) yield Buffer.alloc(12, picture);
  },
};

/** An encoder that runs `script` in Node. */
const node = (script: string, repeats = 0) => ({ program: process.execPath, args: ["-e", script], repeats });

test("an encoder gets every picture, and the last one twice", async () => {
  let taken = 0;
  const counts = "let n = 0; process.stdin.on('data', (d) => { n += d.length; }).on('end', () => process.exit(n === 60 ? 0 : 7));";
  await runEncoder(node(counts, 2), pictures, { onPicture: () => taken++, signal: new AbortController().signal });
  expect(taken).toBe(3);
});

test("an encoder that does not stop is killed at once", async () => {
  const abort = new AbortController();
  const endless = "process.stdin.on('end', () => { for (;;); }).resume();";
  const running = runEncoder(node(endless), pictures, { onPicture: () => undefined, signal: abort.signal });
  abort.abort();
  await expect(running).rejects.toMatchObject({ name: "AbortError" });
});

test("an encoder that fails reports its reason, without paths", async () => {
  const script = "process.stdin.on('end', () => { console.error('Unknown encoder in /srv/data/film.mp4'); process.exit(1); }).resume();";
  const failure = await runEncoder(node(script), pictures, { onPicture: () => undefined, signal: new AbortController().signal }).then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(EncoderError);
  expect((failure as EncoderError).reason).toBe("Unknown encoder in …");
});

test("pictures that cannot be read end the film with their error, not with the encoder's", async () => {
  const broken = {
    ...pictures,
    // biome-ignore lint/correctness/useYield: reading fails before the first picture.
    async *read(): AsyncGenerator<Buffer> {
      throw new TypeError("no such picture");
    },
  };
  const reading = runEncoder(node("process.stdin.on('end', () => process.exit(1)).resume();"), broken, {
    onPicture: () => undefined,
    signal: new AbortController().signal,
  });
  await expect(reading).rejects.toThrow("no such picture");
});

test("a missing encoder is an error", async () => {
  const missing = { program: "/no/such/program", args: [], repeats: 0 };
  await expect(runEncoder(missing, pictures, { onPicture: () => undefined, signal: new AbortController().signal })).rejects.toMatchObject({
    code: "ENOENT",
  });
});

async function* oneBlackPixel() {
  yield Buffer.alloc(3);
}

test.skipIf(process.platform === "win32")("an encoder that stops responding is killed, with that reason", async () => {
  const pictures = { count: 1, width: 1, height: 1, skipped: 0, read: () => oneBlackPixel() };
  const encoder = { program: "sleep", args: ["600"], repeats: 0 };
  const encoding = runEncoder(encoder, pictures, { onPicture: () => undefined, signal: new AbortController().signal, stallMs: 50 });
  await expect(encoding).rejects.toMatchObject({ name: "EncoderError", reason: "It stopped responding." });
});
