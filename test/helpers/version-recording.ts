import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Packr } from "msgpackr";

/** Where scripts/record-version.ts writes, and the tests read. */
export const recordingFile = fileURLToPath(new URL("../fleet/faults/earlier-version.json", import.meta.url));

/** A statement that a server of the earlier version sent, and how many rows it returned or changed. */
export interface RecordedStatement {
  text: string;
  values: readonly unknown[];
  rows: number;
}

/** Statements that took effect together. */
export interface RecordedTransaction {
  by: "api" | "worker";
  statements: readonly RecordedStatement[];
}

/** A message of the bus as it was in Redis. */
export interface RecordedMessage {
  topic: string;
  /** Base64. */
  bytes: string;
}

/** What servers of the earlier version sent during a part of the story that scripts/record-version.ts lets them play. */
export interface RecordedPart {
  transactions: readonly RecordedTransaction[];
  messages: readonly RecordedMessage[];
}

export const partNames = ["uploads", "painting", "steering", "pausing", "leaving", "second", "resuming"] as const;
export type PartName = (typeof partNames)[number];

/** What servers of an earlier version stored and sent. */
export interface VersionRecording {
  commit: string;
  /** Number of the migrations that it knows. */
  migrations: number;
  /** The painting that is steered and paused, and resumed later. */
  first: string;
  /** The painting that is completed. */
  second: string;
  /** Steps of each. */
  steps: { first: number; second: number };
  images: { contentId: string; styles: { imageId: string }[] };
  parts: Record<PartName, RecordedPart>;
  /** What is in the store at the end, by key: base64. */
  objects: Record<string, string>;
}

export async function readRecording(): Promise<VersionRecording> {
  return JSON.parse(await readFile(recordingFile, "utf8")) as VersionRecording;
}

/** Where messages are in Redis. */
export const CHANNELS = "atelier:";

const packr = new Packr({ useRecords: false });

/** The envelope of a message as plain data: format, sender, number, message. */
export function unpacked(bytes: Uint8Array): unknown[] {
  const content: unknown = packr.unpack(bytes);
  if (!Array.isArray(content)) throw new Error("A message of the bus has no envelope.");
  return content;
}

/** The bytes of a message with another text in the place of one. */
export function withReplaced({ bytes }: RecordedMessage, from: string, to: string): Buffer {
  return packr.pack(replaced(unpacked(Buffer.from(bytes, "base64")), from, to));
}

/** A value with another text in the place of one, also in texts that contain it. */
export function replaced(value: unknown, from: string, to: string): unknown {
  if (typeof value === "string") return value.replaceAll(from, to);
  if (Array.isArray(value)) return value.map((item) => replaced(item, from, to));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, from, to)]));
}

/** Whether a value is an object with fields of its own, and not bytes or a date. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
