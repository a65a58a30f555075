import { isAbsolute } from "node:path";

/** Where servers share the bytes of pictures and checkpoints: a folder, or a bucket with a prefix for the keys. */
export type ObjectsAddress = { kind: "folder"; folder: string } | { kind: "s3"; bucket: string; prefix: string };

const SCHEME = "s3://";
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/;

/**
 * Reads `s3://bucket`, `s3://bucket/prefix`, or the absolute path of a shared folder.
 * @throws RangeError that says what an address looks like.
 */
export function parseObjectsAddress(text: string): ObjectsAddress {
  if (isAbsolute(text)) return { kind: "folder", folder: text };
  if (!text.startsWith(SCHEME)) throw new RangeError("Give the absolute path of a shared folder, or s3://bucket/prefix.");
  const [bucket = "", ...rest] = text.slice(SCHEME.length).split("/");
  const prefix = rest.join("/").replace(/\/$/, "");
  if (!BUCKET.test(bucket)) {
    throw new RangeError("The name of a bucket has 3 to 63 lower-case letters, digits, dots and hyphens: s3://bucket/prefix.");
  }
  const isPath = PREFIX.test(prefix) && !prefix.split("/").some((part) => part === "." || part === "..");
  if (prefix !== "" && !isPath) {
    throw new RangeError("The prefix in s3://bucket/prefix has letters, digits, dots, hyphens, underscores and single slashes.");
  }
  return { kind: "s3", bucket, prefix };
}
