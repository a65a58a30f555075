"use client";

import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { execute } from "../../graphql/execute";
import { ServerQuery, StartPainting } from "../../graphql/operations";
import { untilReached } from "../../graphql/subscribe";
import { Notice } from "../../parts/notice";
import { samplePhotos, sampleStyles } from "../../samples/catalogue";
import { handOver } from "../painting/just-started";
import styles from "./easel.module.css";
import { PictureWell } from "./picture-well";
import { type Recipe, toInput, usualRecipe } from "./recipe";
import { SettingsPanel } from "./settings-panel";
import { imageIdOf, useChoice } from "./use-choice";

/** Where a painting begins: a photo, a style, the settings, Start. `children` hang below the pictures. */
export function Easel({ children }: { children: ReactNode }) {
  const photo = useChoice(samplePhotos);
  const style = useChoice(sampleStyles);
  const [recipe, setRecipe] = useState<Recipe>(usualRecipe);
  const { maxSize, hasNetwork } = useServerFacts();
  const touched = useRef<"photo" | "style">("photo");
  const { start, starting, failure } = useStart();
  usePastedPicture((file) => void (touched.current === "photo" ? photo : style).take(file));

  return (
    <div className={styles.easel}>
      <div className={styles.pictures}>
        <PictureWell title="Photo" choice={photo} onTouch={() => (touched.current = "photo")} />
        <PictureWell title="Style" choice={style} onTouch={() => (touched.current = "style")} />
      </div>
      <form
        className={styles.settings}
        onSubmit={(event) => {
          event.preventDefault();
          void start(async () => {
            const [contentId, styleId] = await Promise.all([imageIdOf(photo.chosen), imageIdOf(style.chosen)]);
            return toInput(recipe, contentId, styleId, `${photo.chosen.title}, ${style.chosen.title}`);
          });
        }}
      >
        <SettingsPanel recipe={recipe} maxSize={maxSize} onChange={setRecipe} />
        <div className={styles.start}>
          {!hasNetwork && (
            <Notice>No feature network is ready: set ATELIER_MODEL_MIRROR to a folder with its weights and restart the server.</Notice>
          )}
          {failure && <Notice>{failure}</Notice>}
          <button type="submit" className="button primary large" disabled={starting || photo.uploading || style.uploading}>
            {starting ? "Starting…" : "Start"}
          </button>
        </div>
      </form>
      <div className={styles.below}>{children}</div>
    </div>
  );
}

/** Starts a session and goes to its page. */
function useStart() {
  const router = useRouter();
  const [starting, setStarting] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  async function start(input: () => Promise<ReturnType<typeof toInput>>) {
    setStarting(true);
    setFailure(null);
    try {
      const { startStyleTransfer } = await execute(StartPainting, { input: await input() });
      handOver(startStyleTransfer);
      router.push(`/s?id=${encodeURIComponent(startStyleTransfer.id)}`);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
      setStarting(false);
    }
  }

  return { start, starting, failure };
}

interface ServerFacts {
  /** The longest side that the server takes, pixels; null until it answers. */
  maxSize: number | null;
  /** Whether the server can paint; true until it says otherwise. */
  hasNetwork: boolean;
}

/** What the server can do, asked until it answers. */
function useServerFacts(): ServerFacts {
  const [facts, setFacts] = useState<ServerFacts>({ maxSize: null, hasNetwork: true });
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    const onConnection = () => {
      // The gallery tells of a lost connection.
    };
    untilReached(() => execute(ServerQuery, {}, signal), onConnection, signal).then(
      ({ server, models }) => setFacts({ maxSize: server.maxSize, hasNetwork: models.some(({ state }) => state === "READY") }),
      // The server checks settings itself and says so when Start is pressed.
      () => setFacts({ maxSize: null, hasNetwork: true }),
    );
    return () => ending.abort();
  }, []);
  return facts;
}

function usePastedPicture(take: (file: File) => void) {
  const newest = useRef(take);
  useEffect(() => {
    newest.current = take;
  });
  useEffect(() => {
    const onPaste = (event: ClipboardEvent) => {
      const file = event.clipboardData?.files[0];
      if (file) newest.current(file);
    };
    window.addEventListener("paste", onPaste);
    return () => window.removeEventListener("paste", onPaste);
  }, []);
}
