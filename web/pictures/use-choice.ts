import { useRef, useState } from "react";
import { ConnectionError, messageOf } from "../graphql/execute";
import type { Picture } from "../graphql/operations";
import { uploadPicture } from "../graphql/upload";
import { pictureTexts as texts } from "../texts/pictures";
import { fetchPicture, nameIn, type Receiver } from "./received";
import type { Sample } from "./samples";

/** A picture to choose; a sample gets its id on the server when it is first used. */
export interface Option extends Sample {
  imageId: string | null;
}

/** The pictures of a choice as a page may keep them: those that were added, the newest first, and the URL of the chosen one. */
export interface KeptChoice {
  own: readonly Option[];
  url: string;
}

/** A picture on its way to the server. */
export interface Pending {
  /** URL of the file itself, which this browser can show if it knows the format; empty until it is fetched. */
  url: string;
  name: string;
  /** The share that has been sent, 0..1. */
  progress: number;
}

export interface Choice extends Receiver {
  options: readonly Option[];
  chosen: Option;
  /** What restores this choice. */
  kept: KeptChoice;
  /** The picture that is being uploaded and will be chosen; null for none. */
  pending: Pending | null;
  uploading: boolean;
  failure: string | null;
  choose(url: string): void;
  /** Adds a picture that is already on the server, and chooses it. */
  add(image: Uploaded): void;
  /** Ends the upload of the picture that would be chosen. */
  cancel(): void;
  /** Chooses as it was kept. */
  restore(kept: KeptChoice): void;
  /** Takes away a picture that is no longer on the server. */
  forget(imageId: string): void;
}

/** A choice of one picture among samples and uploads, at first as it was kept. The samples may change. */
export function useChoice(samples: readonly Sample[], kept: KeptChoice = { own: [], url: "" }): Choice {
  const [own, setOwn] = useState(kept.own);
  const [url, setUrl] = useState(kept.url);
  const [pending, setPending] = useState<Pending | null>(null);
  const upload = useRef<AbortController>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const options = [...own, ...samples.map((sample) => ({ ...sample, imageId: null }))];
  const chosen = options.find((option) => option.url === url) ?? options[own.length];
  if (!chosen) throw new Error("There is nothing to choose from");

  /** Chooses the picture that `load` gives, unless another one is chosen meanwhile. */
  async function receive(name: string, preview: string, load: (signal: AbortSignal) => Promise<File>): Promise<void> {
    upload.current?.abort();
    const ending = new AbortController();
    const { signal } = ending;
    upload.current = ending;
    const show = (progress: number) => !signal.aborted && setPending({ url: preview, name, progress });
    setFailure(null);
    show(0);
    try {
      const file = await load(signal);
      const image = await uploadPicture(file, { onProgress: show, signal });
      // The same bytes are the same picture on the server.
      setOwn((known) => [optionOf(image, file), ...known.filter((one) => one.url !== image.url)]);
      if (!signal.aborted) setUrl(image.url);
    } catch (error) {
      if (!signal.aborted) setFailure(messageOf(error));
    } finally {
      if (upload.current === ending) setPending(null);
    }
  }

  async function take(file: File): Promise<void> {
    const preview = URL.createObjectURL(file);
    await receive(file.name || texts.pasted, preview, async () => file);
    URL.revokeObjectURL(preview);
  }

  return {
    options,
    chosen,
    kept: { own, url: chosen.url },
    pending,
    uploading: pending !== null,
    failure,
    choose(next) {
      upload.current?.abort();
      setFailure(null);
      setUrl(next);
    },
    add({ id, url: address }) {
      upload.current?.abort();
      setFailure(null);
      setOwn((known) => [{ url: address, title: texts.ofServer, imageId: id }, ...known.filter((one) => one.url !== address)]);
      setUrl(address);
    },
    take,
    async offer(files) {
      for (const file of files) {
        try {
          const option = optionOf(await uploadPicture(file), file);
          setOwn((known) => [...known.filter((one) => one.url !== option.url), option]);
        } catch (error) {
          setFailure(`${file.name}: ${messageOf(error)}`);
        }
      }
    },
    takeFrom: (address) => receive(nameIn(address), "", (signal) => fetchPicture(address, signal)),
    cancel: () => upload.current?.abort(),
    restore(earlier) {
      upload.current?.abort();
      setOwn(earlier.own);
      setUrl(earlier.url);
    },
    forget: (imageId) => setOwn((known) => known.filter((one) => one.imageId !== imageId)),
  };
}

function optionOf(image: Uploaded, file: File): Option {
  return { url: image.url, title: file.name || texts.pasted, imageId: image.id };
}

const uploadedSamples = new Map<string, Promise<Uploaded>>();

/** Where the browser keeps which pictures on the server are copies of samples. */
const STORED = "atelier-samples";

/** URLs of samples by the URL that they have on the server, as far as this browser has uploaded them. */
const samplesOnServer = new Map<string, string>(readCopies());

/** Whether a URL is that of a sample, or of its copy on the server. */
export function isOfSample(url: string, sample: Sample): boolean {
  return url === sample.url || samplesOnServer.get(url) === sample.url;
}

/** A picture on the server. */
export type Uploaded = Pick<Picture, "id" | "url">;

/** The id of a chosen picture on the server. */
export async function imageIdOf(option: Option): Promise<string> {
  return (await pictureOf(option)).id;
}

/** The chosen picture on the server; a sample is uploaded once per page load. */
export function pictureOf({ imageId, url }: Option): Promise<Uploaded> {
  if (imageId !== null) return Promise.resolve({ id: imageId, url });
  const known = uploadedSamples.get(url);
  if (known) return known;
  const uploading = uploadSample(url);
  uploadedSamples.set(url, uploading);
  uploading.then(
    (image) => {
      samplesOnServer.set(image.url, url);
      keepCopies();
    },
    () => uploadedSamples.delete(url),
  );
  return uploading;
}

/**
 * The id of a chosen picture on the server. A sample that is not there yet is deleted after `seconds`, unless a session uses
 * it or it is sent again to stay.
 */
export async function temporaryIdOf({ imageId, url }: Option, seconds: number): Promise<string> {
  if (imageId !== null) return imageId;
  return (await (uploadedSamples.get(url) ?? uploadSample(url, seconds))).id;
}

async function uploadSample(url: string, expiresIn?: number): Promise<Uploaded> {
  const response = await fetch(url).catch((cause: unknown) => {
    throw new ConnectionError({ cause });
  });
  if (!response.ok) throw new Error(texts.noSample);
  return uploadPicture(await response.blob(), expiresIn === undefined ? {} : { expiresIn });
}

function readCopies(): [string, string][] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(STORED) ?? "{}");
    return Object.entries(kept ?? {}).filter((pair): pair is [string, string] => typeof pair[1] === "string");
  } catch {
    // The browser keeps nothing for this page, or this is no browser.
    return [];
  }
}

function keepCopies(): void {
  try {
    localStorage.setItem(STORED, JSON.stringify(Object.fromEntries(samplesOnServer)));
  } catch {
    // Without it a style that is in use may be offered first.
  }
}
