"use client";

import { type ReactNode, useRef, useState } from "react";
import { execute } from "../../graphql/execute";
import { StartPainting } from "../../graphql/operations";
import { forTask } from "../../networks/networks";
import { useNetworks } from "../../networks/use-networks";
import { FailureNotice, Notice } from "../../parts/notice";
import { PictureWell } from "../../parts/picture-well";
import { type Choice, imageIdOf, useChoice } from "../../parts/use-choice";
import { useMaxSize } from "../../parts/use-max-size";
import { usePastedPicture } from "../../parts/use-pasted-picture";
import { samplePhotos, sampleStyles } from "../../samples/catalogue";
import { useStart } from "../session/use-start";
import styles from "./easel.module.css";
import { NetworkChoice } from "./network-choice";
import { type Recipe, toInput, usualRecipe } from "./recipe";
import { RestoredNote } from "./restored-note";
import { SettingsPanel } from "./settings-panel";
import { useRestored } from "./use-restored";

/** Where a painting begins: a photo, a style, the settings, Start. `children` hang below the pictures. */
export function Easel({ children }: { children: ReactNode }) {
  const photo = useChoice(samplePhotos);
  const style = useChoice(sampleStyles);
  const [recipe, setRecipe] = useState<Recipe>(usualRecipe);
  const maxSize = useMaxSize();
  const networks = useNetworks();
  const features = forTask(networks.networks, "FEATURES");
  const hasNetwork = features?.some(({ state }) => state !== "FAILED") ?? true;
  const touched = useRef<"photo" | "style">("photo");
  const { start, starting, failure } = useStart();
  const touchedChoice = () => (touched.current === "photo" ? photo : style);
  const { restored, failure: unreadable, receive, dismiss } = useRestored(setRecipe, touchedChoice);
  const receiving = (choice: Choice): Choice => ({ ...choice, take: (file) => receive(file, choice) });
  usePastedPicture((file) => void receive(file, touchedChoice()));

  async function begin() {
    const [contentId, styleId] = await Promise.all([imageIdOf(photo.chosen), imageIdOf(style.chosen)]);
    const input = toInput(recipe, contentId, styleId, `${photo.chosen.title}, ${style.chosen.title}`);
    return (await execute(StartPainting, { input })).startStyleTransfer;
  }

  return (
    <div className={styles.easel}>
      <div className={styles.pictures}>
        <PictureWell title="Photo" choice={receiving(photo)} onTouch={() => (touched.current = "photo")} />
        <PictureWell title="Style" choice={receiving(style)} onTouch={() => (touched.current = "style")} />
      </div>
      <form
        className={styles.settings}
        onSubmit={(event) => {
          event.preventDefault();
          void start(begin);
        }}
      >
        {restored && <RestoredNote restored={restored} onDismiss={dismiss} />}
        <FailureNotice error={unreadable} />
        <SettingsPanel recipe={recipe} maxSize={maxSize} onChange={setRecipe} />
        {features && hasNetwork && (
          <NetworkChoice
            features={features}
            model={recipe.model}
            actions={networks}
            onChange={(model) => setRecipe({ ...recipe, model })}
          />
        )}
        <div className={styles.start}>
          {!hasNetwork && (
            <Notice>No feature network is ready: set ATELIER_MODEL_MIRROR to a folder with its weights and restart the server.</Notice>
          )}
          {!features && networks.failure && <Notice>{networks.failure}</Notice>}
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
