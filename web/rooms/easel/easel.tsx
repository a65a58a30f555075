"use client";

import { type ReactNode, useRef, useState } from "react";
import { execute } from "../../graphql/execute";
import { StartPainting } from "../../graphql/operations";
import { NetworkChoice } from "../../networks/network-choice";
import { forTask, networkNamed, usualModel } from "../../networks/networks";
import { useNetworks } from "../../networks/use-networks";
import { formatBetween } from "../../parts/durations";
import { focusInvalid } from "../../parts/invalid-field";
import { FailureNotice, Notice } from "../../parts/notice";
import { useServer } from "../../parts/use-server";
import workbench from "../../parts/workbench.module.css";
import { PictureWell } from "../../pictures/picture-well";
import { samplePhotos, sampleStyles } from "../../pictures/samples";
import { imageIdOf, useChoice } from "../../pictures/use-choice";
import { usePastedPicture } from "../../pictures/use-pasted-picture";
import { type Draft, oneStyle } from "../../session/draft";
import { type Recipe, settingsOf, sketch, toInput, withModel } from "../../session/recipe";
import { useStart } from "../../session/use-start";
import { easelTexts as texts } from "../../texts/easel";
import styles from "./easel.module.css";
import { LinkNote } from "./link-note";
import { PresetChoice } from "./preset-choice";
import { presetOf, presets } from "./presets";
import { RestoredNote } from "./restored-note";
import { SettingsPanel } from "./settings-panel";
import { ShareSetup } from "./share-setup";
import { StartOver } from "./start-over";
import { StyleMix } from "./style-mix";
import { TryFour } from "./try-four";
import { useEstimate } from "./use-estimate";
import { useKeptDraft } from "./use-kept-draft";
import { usePresetPictures } from "./use-preset-pictures";
import { useRestored } from "./use-restored";

/** Largest size that counts as a sketch, px. */
const LARGEST_SKETCH = 384;

/** The page that starts a painting: photo, style, settings, Start. `children` appear below the pictures. */
export function Easel({ children }: { children: ReactNode }) {
  const photo = useChoice(samplePhotos);
  const style = useChoice(sampleStyles);
  const [recipe, setRecipe] = useState<Recipe>(sketch);
  const maxSize = useServer()?.maxSize ?? null;
  const networks = useNetworks();
  const features = forTask(networks.networks, "FEATURES");
  const [mix, setMix] = useState(oneStyle);
  const draft: Draft = { photo: photo.kept, style: style.kept, recipe, mix };
  function apply(other: Draft) {
    photo.restore(other.photo);
    style.restore(other.style);
    setRecipe(other.recipe);
    setMix(other.mix);
  }
  const [link, setLink] = useState<{ before: Draft | null | "unreadable" } | null>(null);
  useKeptDraft(draft, {
    onRestore: apply,
    onLink: (before) => setLink({ before }),
    onMissing(imageId) {
      photo.forget(imageId);
      style.forget(imageId);
      setMix((known) => ({ ...known, others: known.others.filter(({ image }) => image.id !== imageId) }));
    },
  });
  const hasNetwork = features?.some(({ state }) => state !== "FAILED") ?? true;
  const touched = useRef<"photo" | "style">("photo");
  const { start, starting, failure } = useStart();
  const touchedChoice = () => (touched.current === "photo" ? photo : style);
  const { restored, failure: unreadable, receiving, dismiss } = useRestored(setRecipe, touchedChoice);
  usePastedPicture(() => receiving(touchedChoice()));

  const asked = recipe.model ?? null;
  const network = asked === null ? features && usualModel(features) : networkNamed(features, asked);
  const time = useEstimate(recipe, network, photo.chosen.url);

  const isFirst = photo.chosen.url === samplePhotos[0]?.url && style.chosen.url === sampleStyles[0]?.url;
  const isChanged = !isFirst || mix.others.length > 0 || recipe.model !== undefined || presetOf(recipe) !== presets[0];

  /** The pictures as the mutation takes them, uploaded if need be, and the title that they give. */
  async function pictures() {
    const [contentId, styleId] = await Promise.all([imageIdOf(photo.chosen), imageIdOf(style.chosen)]);
    const others = mix.others.filter(({ image }) => image.id !== styleId);
    const mixed = [{ imageId: styleId, weight: mix.share }, ...others.map(({ image, weight }) => ({ imageId: image.id, weight }))];
    const styles = others.length > 0 ? mixed : [{ imageId: styleId, weight: 1 }];
    return { contentId, styles, title: `${photo.chosen.title}, ${style.chosen.title}` };
  }

  async function begin() {
    const { contentId, styles, title } = await pictures();
    return (await execute(StartPainting, { input: toInput(recipe, contentId, styles, title) })).startStyleTransfer;
  }

  const waits = starting || photo.uploading || style.uploading;
  // The server measures only while it has no session.
  const presetPictures = usePresetPictures(photo.chosen, style.chosen, waits || time === "measuring");

  return (
    <div className={workbench.workbench}>
      <div className={workbench.pictures}>
        <PictureWell title={texts.photo} choice={receiving(photo)} onTouch={() => (touched.current = "photo")} />
        <PictureWell title={texts.style} choice={receiving(style)} onTouch={() => (touched.current = "style")} />
      </div>
      <form
        className={workbench.settings}
        onSubmit={(event) => {
          event.preventDefault();
          if (!focusInvalid(event.currentTarget)) void start(begin);
        }}
      >
        <div className={styles.draft}>
          <StartOver draft={draft} isChanged={isChanged} onUse={apply} />
          <ShareSetup draft={draft} />
        </div>
        {link && <LinkNote before={link.before} onUndo={apply} onDismiss={() => setLink(null)} />}
        {restored && <RestoredNote restored={restored} onDismiss={dismiss} />}
        <FailureNotice error={unreadable} />
        <PresetChoice recipe={recipe} pictures={presetPictures} onChange={setRecipe} />
        <StyleMix firstUrl={style.chosen.url} mix={mix} onChange={setMix} />
        <SettingsPanel recipe={recipe} maxSize={maxSize} onChange={setRecipe} />
        {features && hasNetwork && (
          <NetworkChoice
            features={features}
            model={recipe.model ?? null}
            actions={networks}
            onChange={(model) => setRecipe(withModel(recipe, model))}
          />
        )}
        <div className={workbench.start}>
          {!hasNetwork && <Notice>{texts.noNetwork}</Notice>}
          {!features && networks.failure && <Notice>{networks.failure}</Notice>}
          {failure && <Notice>{failure}</Notice>}
          {hasNetwork && (
            <p className="note" title={texts.aboutHelp}>
              {durationText(time)}
            </p>
          )}
          <div className={styles.starts}>
            <button type="submit" className="button primary large" disabled={waits}>
              {starting ? texts.starting : texts.start}
            </button>
            <TryFour recipe={recipe} disabled={waits} pictures={pictures} />
          </div>
          {settingsOf(recipe).size <= LARGEST_SKETCH && <p className="note">{texts.sketch}</p>}
        </div>
      </form>
      <div className={workbench.below}>{children}</div>
    </div>
  );
}

/** How long the painting takes, in words. Blank where it is not known, so that Start keeps its place. */
function durationText(time: ReturnType<typeof useEstimate>): string {
  if (time === "measuring") return texts.measuring;
  return time ? texts.about(formatBetween(time.from, time.to)) : "\u00a0";
}
