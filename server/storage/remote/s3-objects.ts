import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { messageOf, StorageUnavailable, systemCode } from "../../errors.js";
import type { ObjectStore } from "./objects.js";

export interface S3Place {
  bucket: string;
  /** What all keys begin with, without a slash at its end; empty for none. */
  prefix: string;
}

export interface S3Limits {
  /** Longest time for a connection, ms. */
  connectMs?: number;
  /** Longest time for a request with all its attempts and its bytes, ms. */
  requestMs?: number;
  /** Attempts. An object is asked for anew when nothing comes for this share of `requestMs`. */
  attempts?: number;
}

/** Requests at once when several objects are deleted. */
const DELETIONS_AT_ONCE = 16;

/**
 * Objects in a bucket of S3 or of a store with its protocol. Region, endpoint and credentials come from the usual
 * variables of AWS: `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or from the machine's role.
 */
export function s3Objects({ bucket, prefix }: S3Place, { connectMs = 3000, requestMs = 30_000, attempts = 3 }: S3Limits = {}): ObjectStore {
  const client = new S3Client({
    region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? "us-east-1",
    // Other stores than that of AWS rarely have a host name for each bucket, and many know no newer checksums.
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: attempts,
    requestHandler: { connectionTimeout: connectMs, requestTimeout: requestMs, socketTimeout: requestMs },
  });
  const keyed = (key: string) => ({ Bucket: bucket, Key: prefix === "" ? key : `${prefix}/${key}` });

  function remove(key: string): Promise<unknown> {
    return within(requestMs, (abortSignal) => client.send(new DeleteObjectCommand(keyed(key)), { abortSignal }));
  }

  return {
    put: (key, bytes) =>
      within(requestMs, async (abortSignal) => {
        await client.send(new PutObjectCommand({ ...keyed(key), Body: bytes, ContentLength: bytes.byteLength }), { abortSignal });
      }),

    get: (key) =>
      within(requestMs, async (abortSignal) => {
        for (let attempt = 1; ; attempt++) {
          const answer = new Answer(requestMs / attempts, abortSignal);
          try {
            return await answer.read(async (signal) => (await client.send(new GetObjectCommand(keyed(key)), { abortSignal: signal })).Body);
          } catch (error) {
            if (error instanceof NoSuchKey) return null;
            // The client tries again by itself only until an answer begins.
            if (!answer.isCutOff || attempt >= attempts || abortSignal.aborted) throw error;
          }
        }
      }),

    size: (key) =>
      within(requestMs, async (abortSignal) => {
        try {
          const { ContentLength } = await client.send(new HeadObjectCommand(keyed(key)), { abortSignal });
          return ContentLength ?? null;
        } catch (error) {
          // An answer without a body says no more than that.
          if (error instanceof NotFound) return null;
          throw error;
        }
      }),

    // One by one: not every store knows the request that deletes several.
    async delete(keys) {
      for (let start = 0; start < keys.length; start += DELETIONS_AT_ONCE) {
        await Promise.all(keys.slice(start, start + DELETIONS_AT_ONCE).map(remove));
      }
    },

    free: async () => Number.POSITIVE_INFINITY,
    close: async () => client.destroy(),
  };
}

/** One attempt to read an object. It ends when nothing comes for a while, so that there is time for another connection. */
class Answer {
  /** Whether it fell silent, or broke off after it had begun. */
  isCutOff = false;

  constructor(
    private readonly idleMs: number,
    private readonly abortSignal: AbortSignal,
  ) {}

  /** All bytes of the body for which `ask` asks. @throws Error when they do not come, or not all of them. */
  async read(ask: (signal: AbortSignal) => Promise<unknown>): Promise<Buffer> {
    const silence = new AbortController();
    const timer = setTimeout(() => {
      this.isCutOff = true;
      silence.abort();
    }, this.idleMs);
    try {
      const body = await ask(AbortSignal.any([this.abortSignal, silence.signal]));
      if (!(body instanceof Readable)) throw new TypeError("The client of S3 returned no stream.");
      return await this.bytesOf(body, timer);
    } finally {
      clearTimeout(timer);
    }
  }

  private async bytesOf(body: Readable, timer: NodeJS.Timeout): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        timer.refresh();
        chunks.push(chunk);
      }
    } catch (error) {
      this.isCutOff = true;
      throw error;
    }
    return Buffer.concat(chunks);
  }
}

/** Does work for at most `limitMs`. @throws StorageUnavailable when it fails: whatever the store refuses, its operator can allow. */
async function within<Result>(limitMs: number, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const limit = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      limit.abort();
      reject(new StorageUnavailable(`The object store did not answer within ${limitMs / 1000} seconds.`));
    }, limitMs);
  });
  try {
    return await Promise.race([onTime(() => work(limit.signal)), late]);
  } catch (error) {
    if (error instanceof StorageUnavailable) throw error;
    throw new StorageUnavailable(`The object store cannot be used (${reasonOf(error)}).`, error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Does work again when the store finds the time of the request wrong. The client has corrected its idea of the time by then,
 * but when a clock that was wrong was set right, it does not try again by itself.
 */
async function onTime<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.name === "RequestTimeTooSkewed") return work();
    throw error;
  }
}

/** The network's code, or the store's name for the error, such as NoSuchBucket. */
function reasonOf(error: unknown): string {
  return systemCode(error) ?? (error instanceof Error ? error.name : messageOf(error));
}
