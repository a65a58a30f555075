import { pictureTexts as texts } from "../texts/pictures";

/** What a choice does with pictures that are dropped or pasted. */
export interface Receiver {
  /** Uploads a picture and chooses it. */
  take(file: File): Promise<void>;
  /** Uploads pictures to be chosen later. */
  offer(files: readonly File[]): Promise<void>;
  /** Fetches a picture of another page, uploads and chooses it. */
  takeFrom(address: string): Promise<void>;
}

/** Passes on what was dropped or pasted: the first of several files is taken, the others are offered. False for something else. */
export function receivePictures(data: DataTransfer, { take, offer, takeFrom }: Receiver): boolean {
  const [first, ...others] = data.files;
  const address = first ? null : addressIn(data);
  if (first) void take(first);
  if (others.length > 0) void offer(others);
  if (address !== null) void takeFrom(address);
  return first !== undefined || address !== null;
}

/** The address of a picture that is dragged from another page, or of a link. */
function addressIn(data: DataTransfer): string | null {
  const html = new DOMParser().parseFromString(data.getData("text/html"), "text/html");
  const listed = data.getData("text/uri-list").split("\n");
  const candidates = [html.querySelector("img")?.src, ...listed, data.getData("text/plain")];
  const found = candidates.map((text) => text?.trim() ?? "").find((text) => /^https?:\/\/\S+$/.test(text));
  return found === undefined ? null : inFullSize(found);
}

/** The address of the whole picture where a thumbnail of this server was dragged. */
function inFullSize(address: string): string {
  const { origin, pathname } = new URL(address);
  if (origin !== location.origin) return address;
  return origin + pathname.replace(/^\/samples\/small\/([\w-]+)\.webp$/, "/samples/$1.jpg");
}

/**
 * A picture of another page, as this browser may fetch it.
 * @throws Error that says what to do when that page does not allow it, or has no picture there.
 */
export async function fetchPicture(address: string, signal: AbortSignal): Promise<File> {
  const response = await fetch(address, { credentials: "omit", referrerPolicy: "no-referrer", signal }).catch((cause: unknown) => {
    throw new Error(texts.notFetched, { cause });
  });
  const blob = response.ok ? await response.blob() : null;
  if (!blob?.type.startsWith("image/")) throw new Error(texts.noPictureThere);
  return new File([blob], nameIn(address), { type: blob.type });
}

/** The last part of an address, or its host. */
export function nameIn(address: string): string {
  const { pathname, hostname } = new URL(address);
  const name = pathname.split("/").at(-1) || hostname;
  try {
    return decodeURIComponent(name);
  } catch {
    // A percent sign that stands for itself.
    return name;
  }
}
