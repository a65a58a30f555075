import { useEffect, useState } from "react";
import { cameras, openCamera } from "../../camera/camera";
import type { PictureSource } from "../../camera/source";
import { messageOf } from "../../graphql/execute";
import { liveTexts as texts } from "../../texts/live";
import { openSampleClip } from "./sample-clip";

/** Id of the sample clip among the sources; cameras have the browser's ids. */
export const CLIP = "sample-clip";

/** Id that stands for the browser's default camera. */
const ANY_CAMERA = "any-camera";

/** A camera or the sample clip, open while `wanted` is true. */
export function useSource(wanted: boolean) {
  const [chosen, choose] = useState<string>(ANY_CAMERA);
  const [found, setFound] = useState<{ id: string; name: string }[]>([]);
  const [source, setSource] = useState<PictureSource | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);

  // A higher `attempt` opens the same source again.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is read by nothing.
  useEffect(() => {
    if (!wanted) return;
    let left = false;
    let opened: PictureSource | null = null;
    setFailure(null);
    /** Set when the camera was unplugged, because its last picture must not look live. */
    let lost: Error | null = null;
    const fail = (error: unknown) => {
      if (!left) setFailure(messageOf(error));
    };
    const onLost = (error: Error) => {
      if (left) return;
      lost = error;
      opened?.close();
      setSource(null);
      fail(error);
      cameras().then(setFound, fail);
    };
    const opening = chosen === CLIP ? Promise.resolve(openSampleClip()) : openCamera(chosen === ANY_CAMERA ? null : chosen, onLost);
    opening.then(async (ready) => {
      opened = ready;
      if (left || lost) return ready.close();
      setSource(ready);
      setFound(await cameras());
    }, fail);
    return () => {
      left = true;
      opened?.close();
      setSource(null);
      setFailure(null);
    };
  }, [wanted, chosen, attempt]);

  const isKnown = chosen === CLIP || chosen === ANY_CAMERA || (found.length > 1 && found.some(({ id }) => id === chosen));
  const options = [
    { value: ANY_CAMERA, title: texts.camera },
    ...(found.length > 1 ? found.map(({ id, name }) => ({ value: id, title: name })) : []),
    // The list must include the chosen source, or a list of one entry could not be changed.
    ...(isKnown ? [] : [{ value: chosen, title: texts.goneCamera }]),
    { value: CLIP, title: texts.clip },
  ];
  return { source, failure, options, chosen, choose, tryAgain: () => setAttempt((count) => count + 1) };
}
