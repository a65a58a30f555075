import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { expect } from "vitest";

export const DELIMITER = "--atelier-frame";

/** A stream of pictures, to be read part by part. */
export interface PictureStream {
  response: IncomingMessage;
  /** Reads through `end`; returns the bytes before it. */
  upTo(end: string): Promise<Buffer>;
  /** The next picture by its length, complete when the delimiter after it has arrived; null at the end of the stream. */
  part(): Promise<Buffer | null>;
  close(): void;
}

/** Opens a stream at an address, and reads nothing of it. */
export async function openStream(address: string, headers: Record<string, string> = {}): Promise<PictureStream> {
  const sent = request(address, { headers, agent: false });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let bytes = Buffer.alloc(0);
  const chunks = response[Symbol.asyncIterator]();
  async function more(): Promise<void> {
    const { done, value } = await chunks.next();
    if (done) throw new Error("The stream broke off.");
    bytes = Buffer.concat([bytes, value]);
  }
  async function upTo(end: string): Promise<Buffer> {
    for (;;) {
      const found = bytes.indexOf(end);
      if (found >= 0) {
        const taken = bytes.subarray(0, found);
        bytes = bytes.subarray(found + end.length);
        return taken;
      }
      await more();
    }
  }
  async function part(): Promise<Buffer | null> {
    while (bytes.length < 2) await more();
    if (bytes.toString("latin1") === "--\r\n") return null;
    const header = (await upTo("\r\n\r\n")).toString("latin1");
    const [, length] = /^\r\nContent-Type: image\/jpeg\r\nContent-Length: (\d+)$/.exec(header) ?? [];
    const picture = await upTo(`\r\n${DELIMITER}`);
    expect(picture.byteLength).toBe(Number(length));
    return picture;
  }
  function close(): void {
    response.on("error", () => undefined);
    sent.destroy();
  }
  return { response, upTo, part, close };
}

/** A stream as a program reads it, after its first delimiter. */
export async function openParts(address: string, headers: Record<string, string> = {}): Promise<PictureStream> {
  const stream = await openStream(address, headers);
  expect(await stream.upTo(DELIMITER)).toHaveLength(0);
  return stream;
}
