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
  attempts?: number;
}

/** Requests at once when several objects are deleted. */
const DELETIONS_AT_ONCE = 16;

/**
 * Objects in a bucket of S3 or of a store with its protocol. Region, endpoint and credentials come from the usual
 * variables of AWS: `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or from the machine's role.
 */
export function s3Objects({ bucket, prefix }: S3Place, { connectMs = 3000, requestMs = 30_000, attempts = 3 }: S3Limits = {}): ObjectStore {
  // A connection on which nothing comes is given up while there is time for another one.
  const idleMs = requestMs / attempts;
  const client = new S3Client({
    region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? "us-east-1",
    // Other stores than that of AWS rarely have a host name for each bucket, and many know no newer checksums.
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: attempts,
    requestHandler: { connectionTimeout: connectMs, requestTimeout: requestMs, socketTimeout: idleMs },
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
          try {
            const { Body } = await client.send(new GetObjectCommand(keyed(key)), { abortSignal });
            return Body instanceof Readable ? await bytesOf(Body, idleMs) : Buffer.of();
          } catch (error) {
            if (error instanceof NoSuchKey) return null;
            // The client tries again by itself only until the first bytes of an answer.
            if (!(error instanceof BodyCutOff) || attempt >= attempts) throw error;
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

/** An answer whose bytes stopped coming before its end. */
class BodyCutOff extends Error {}

/** All bytes of a body. @throws BodyCutOff when it breaks off, or nothing comes for `idleMs`. */
async function bytesOf(body: Readable, idleMs: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const idle = setTimeout(() => body.destroy(new Error(`Nothing came for ${idleMs} ms.`)), idleMs);
  try {
    for await (const chunk of body) {
      idle.refresh();
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  } catch (cause) {
    throw new BodyCutOff("The answer broke off.", { cause });
  } finally {
    clearTimeout(idle);
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
