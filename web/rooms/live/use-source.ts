import { useEffect, useState } from "react";
import { cameras, openCamera } from "./camera";
import { openSampleClip } from "./sample-clip";
import type { FrameSource } from "./source";

/** Names the sample clip among the sources; cameras go by the browser's ids. */
export const CLIP = "sample-clip";

/** Whichever camera the browser gives first. */
const ANY_CAMERA = "any-camera";

/** A camera or the sample clip, open while `wanted`. */
export function useSource(wanted: boolean) {
  const [chosen, choose] = useState<string>(ANY_CAMERA);
  const [found, setFound] = useState<{ id: string; name: string }[]>([]);
  const [source, setSource] = useState<FrameSource | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  useEffect(() => {
    if (!wanted) return;
    let left = false;
    let opened: FrameSource | null = null;
    setFailure(null);
    const opening = chosen === CLIP ? Promise.resolve(openSampleClip()) : openCamera(chosen === ANY_CAMERA ? null : chosen);
    opening.then(
      async (ready) => {
        opened = ready;
        if (left) return ready.close();
        setSource(ready);
        setFound(await cameras());
      },
      (error: unknown) => {
        if (!left) setFailure(error instanceof Error ? error.message : String(error));
      },
    );
    return () => {
      left = true;
      opened?.close();
      setSource(null);
      setFailure(null);
    };
  }, [wanted, chosen]);

  const options = [
    { value: ANY_CAMERA, title: "Camera" },
    ...(found.length > 1 ? found.map(({ id, name }) => ({ value: id, title: name })) : []),
    { value: CLIP, title: "Sample clip" },
  ];
  return { source, failure, options, chosen, choose };
}
