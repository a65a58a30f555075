import { useState } from "react";
import { messageOf } from "../graphql/execute";
import type { Picture } from "../graphql/operations";
import { uploadPicture } from "../graphql/upload";
import { pictureTexts as texts } from "../texts/pictures";
import type { Sample } from "./samples";

/** A picture to choose; a sample gets its id on the server when it is first used. */
export interface Option extends Sample {
  imageId: string | null;
}

export interface Choice {
  options: readonly Option[];
  chosen: Option;
  uploading: boolean;
  failure: string | null;
  choose(url: string): void;
  /** Adds a picture that is already on the server, and chooses it. */
  add(image: Uploaded): void;
  /** Uploads a picture and chooses it. */
  take(file: File): Promise<void>;
}

/** A choice of one picture among samples and uploads; `given` is chosen from the start. The samples may change. */
export function useChoice(samples: readonly Sample[], given: Option | null = null): Choice {
  const [own, setOwn] = useState<readonly Option[]>(given ? [given] : []);
  const [url, setUrl] = useState(given?.url ?? "");
  const [uploading, setUploading] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const options = [...own, ...samples.map((sample) => ({ ...sample, imageId: null }))];
  const chosen = options.find((option) => option.url === url) ?? options[own.length];
  if (!chosen) throw new Error("There is nothing to choose from");

  return {
    options,
    chosen,
    uploading,
    failure,
    choose(next) {
      setFailure(null);
      setUrl(next);
    },
    add({ id, url: address }) {
      setFailure(null);
      setOwn((known) => [{ url: address, title: texts.ofServer, imageId: id }, ...known.filter((one) => one.url !== address)]);
      setUrl(address);
    },
    async take(file) {
      setFailure(null);
      setUploading(true);
      try {
        const image = await uploadPicture(file);
        setOwn((known) => [{ url: image.url, title: file.name || texts.pasted, imageId: image.id }, ...known]);
        setUrl(image.url);
      } catch (error) {
        setFailure(messageOf(error));
      } finally {
        setUploading(false);
      }
    },
  };
}

const uploadedSamples = new Map<string, Promise<Uploaded>>();

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
  uploading.catch(() => uploadedSamples.delete(url));
  return uploading;
}

async function uploadSample(url: string): Promise<Uploaded> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(texts.noSample);
  return uploadPicture(await response.blob());
}
