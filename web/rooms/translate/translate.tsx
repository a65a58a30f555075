"use client";

import { useSearchParams } from "next/navigation";
import { type ReactNode, useState } from "react";
import { translationSize } from "../../../server/records/settings";
import { execute } from "../../graphql/execute";
import { type Network, StartTranslation } from "../../graphql/operations";
import label from "../../networks/network-facts.module.css";
import { NetworkState } from "../../networks/network-state";
import { formatBytes, forTask, networkNamed, shortTitle, takesDrawings } from "../../networks/networks";
import { sizeSetting, toTranslationInput } from "../../networks/order";
import { TranslatorList } from "../../networks/translator-list";
import { useNetworks } from "../../networks/use-networks";
import { focusInvalid } from "../../parts/invalid-field";
import { Notice } from "../../parts/notice";
import { NumberControl } from "../../parts/number-control";
import workbench from "../../parts/workbench.module.css";
import { PictureWell } from "../../pictures/picture-well";
import { sampleDrawings, samplePhotos } from "../../pictures/samples";
import { imageIdOf, type Option, useChoice } from "../../pictures/use-choice";
import { usePastedPicture } from "../../pictures/use-pasted-picture";
import { useStart } from "../../session/use-start";
import { translationTexts as texts } from "../../texts/translation";
import styles from "./translate.module.css";

/** The page that starts a translation: picture, translator, size, Start. `children` appear below the pictures. */
export function Translate({ children }: { children: ReactNode }) {
  const asked = useSearchParams();
  const { networks, failure: networkFailure, ...actions } = useNetworks();
  const translators = forTask(networks, "TRANSLATION");
  const [model, setModel] = useState(asked.get("model"));
  const translator = networkNamed(translators, model) ?? firstReady(translators);
  const drawing = translator !== null && takesDrawings(translator);
  const given = givenPicture(asked);
  const picture = useChoice(drawing ? sampleDrawings : samplePhotos, given ? { own: [given], url: given.url } : undefined);
  const [size, setSize] = useState<number | null>(null);
  const { start, starting, failure } = useStart();
  usePastedPicture(() => picture);

  async function begin(by: Network) {
    const imageId = await imageIdOf(picture.chosen);
    const input = toTranslationInput(by, imageId, picture.chosen.title, size);
    return (await execute(StartTranslation, { input })).startTranslation;
  }

  return (
    <div className={workbench.workbench} data-loading={translators === null && networkFailure === null}>
      <div className={workbench.pictures}>
        <PictureWell title={texts.picture} choice={picture} />
        <TranslatorList translators={translators} chosen={translator} onChoose={setModel} />
      </div>
      <form
        className={workbench.settings}
        onSubmit={(event) => {
          event.preventDefault();
          if (translator && !focusInvalid(event.currentTarget)) void start(() => begin(translator));
        }}
      >
        {translator && (
          <section className={styles.chosen} aria-label={texts.chosen}>
            <h2 className={label.name}>{shortTitle(translator.title)}</h2>
            {drawing && <p className={label.facts}>{texts.takesDrawing}</p>}
            <p className={label.facts}>
              {formatBytes(translator.bytes)} · {translator.licence}
            </p>
            {translator.sheet && (
              <a className={styles.sheet} href={translator.sheet} target="_blank" rel="noreferrer">
                {texts.samples}
              </a>
            )}
            <NetworkState network={translator} actions={actions} />
            {networkFailure && <Notice>{networkFailure}</Notice>}
          </section>
        )}
        <NumberControl
          key={translator?.id}
          setting={sizeSetting(translator ?? { size: translationSize.default, minSize: null }, null)}
          value={size ?? translator?.size ?? translationSize.default}
          onChange={setSize}
        />
        <div className={workbench.start}>
          {translators?.length === 0 && <Notice>{texts.none}</Notice>}
          {!translator && networkFailure && <Notice>{networkFailure}</Notice>}
          {failure && <Notice>{failure}</Notice>}
          <button type="submit" className="button primary large" disabled={starting || picture.uploading || !translator}>
            {starting ? texts.starting : texts.start}
          </button>
        </div>
      </form>
      <div className={workbench.below}>{children}</div>
    </div>
  );
}

function firstReady(translators: readonly Network[] | null): Network | null {
  return translators?.find(({ state }) => state === "READY") ?? translators?.[0] ?? null;
}

/** The picture of an earlier translation that the address names. */
function givenPicture(asked: URLSearchParams): Option | null {
  const id = asked.get("picture");
  return id ? { url: `/images/${encodeURIComponent(id)}`, title: asked.get("name") ?? texts.samePicture, imageId: id } : null;
}
