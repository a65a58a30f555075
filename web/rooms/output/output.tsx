"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { messageOf, ServerError } from "../../graphql/execute";
import { OutputEvents } from "../../graphql/operations";
import { follow } from "../../graphql/subscribe";
import { useAwake } from "../../parts/use-awake";
import { decodePicture } from "../../pictures/decode-picture";
import { DecodedResults } from "../../pictures/decoded-results";
import { ResultCanvas } from "../../pictures/result-canvas";
import { liveTexts } from "../../texts/live";
import styles from "./output.module.css";

const texts = liveTexts.output;

/** Time until the output is asked for again after a failure, ms. */
const RETRY_AFTER_MS = 5000;

/** The lasting output that the address names, `/live/out/<name>`, and nothing else, for OBS and projectors. */
export function OutputRoom() {
  const fromPath = /^\/live\/out\/([^/]+)/.exec(usePathname())?.[1];
  const fromQuery = useSearchParams().get("name");
  const name = fromPath ?? fromQuery ?? "live";
  useAwake();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [shown, setShown] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  useEffect(() => {
    if (!canvas.current) return;
    const ending = new AbortController();
    const results = new ResultCanvas(canvas.current);
    let of: { sessionId: string; decoded: DecodedResults<ImageBitmap> } | null = null;
    // Each session counts its steps anew.
    const decodedOf = (sessionId: string) => {
      if (of?.sessionId === sessionId) return of.decoded;
      of?.decoded.close();
      const decoded = new DecodedResults<ImageBitmap>({
        show: (_step, picture) => results.show(picture, () => setShown(true)),
        discard: (picture) => picture.close(),
        onError: (error) => console.debug("A picture could not be shown:", error),
      });
      of = { sessionId, decoded };
      return decoded;
    };
    let retry: ReturnType<typeof setTimeout> | undefined;
    const begin = () => {
      follow({
        document: OutputEvents,
        variables: () => ({ name }),
        onEvent({ liveOutput }) {
          setFailure(null);
          // The picture was deleted.
          if (!liveOutput) return setShown(false);
          const { sessionId, step, mimeType, data } = liveOutput;
          if (data) decodedOf(sessionId).take(step, decodePicture(data, mimeType));
        },
        signal: ending.signal,
      }).catch((error: unknown) => {
        setFailure(messageOf(error));
        // An unattended wall must go on. Only a name that is refused cannot be asked for again.
        if (!(error instanceof ServerError) || error.code !== "BAD_INPUT") retry = setTimeout(begin, RETRY_AFTER_MS);
      });
    };
    begin();
    return () => {
      clearTimeout(retry);
      ending.abort();
      of?.decoded.close();
      results.close();
    };
  }, [name]);

  return (
    <main className={styles.output}>
      <canvas ref={canvas} className={styles.picture} width={4} height={3} role="img" aria-label={texts.label(name)} hidden={!shown} />
      {!shown && <p className={styles.note}>{failure ?? texts.waiting(name)}</p>}
    </main>
  );
}
