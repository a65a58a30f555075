import { useState } from "react";
import { styleTransferSettings } from "../../../server/records/settings";
import { execute } from "../../graphql/execute";
import { StartPainting } from "../../graphql/operations";
import { FailureNotice } from "../../parts/notice";
import { NumberControl } from "../../parts/number-control";
import { PictureWell } from "../../parts/picture-well";
import { type LabelledNumber, labelled } from "../../parts/settings";
import { useAttempt } from "../../parts/use-attempt";
import { imageIdOf, useChoice } from "../../parts/use-choice";
import { useMaxSize } from "../../parts/use-max-size";
import { samplePhotos, sampleStyles } from "../../samples/catalogue";
import { layersTexts as texts } from "../../texts/layers";
import { experimentInputs } from "./experiment";
import styles from "./layers.module.css";

const usual = { size: 192, steps: 80 };

/** Photo, style and the button that paints with each layer alone. `onStarted` gets the paintings' ids, shallow to deep. */
export function NewExperiment({ onStarted }: { onStarted(ids: string[]): void }) {
  const photo = useChoice(samplePhotos);
  const style = useChoice(sampleStyles);
  const [size, setSize] = useState(usual.size);
  const [steps, setSteps] = useState(usual.steps);
  const maxSize = useMaxSize() ?? styleTransferSettings.size.max;
  const { busy, failure, attempt } = useAttempt();
  const sizeSetting: LabelledNumber = { ...labelled("size"), default: usual.size, max: Math.min(maxSize, 512), help: "" };
  const stepsSetting: LabelledNumber = { ...labelled("steps"), default: usual.steps, max: 500, help: "" };

  async function begin() {
    const [contentId, styleId] = await Promise.all([imageIdOf(photo.chosen), imageIdOf(style.chosen)]);
    const names = { photo: photo.chosen.title, style: style.chosen.title };
    const ids: string[] = [];
    // One after the other: they are painted in the order in which they line up.
    for (const input of experimentInputs({ contentId, styleId, names, size, steps })) {
      ids.push((await execute(StartPainting, { input })).startStyleTransfer.id);
    }
    onStarted(ids);
  }

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void attempt(begin);
      }}
    >
      <div className={styles.wells}>
        <PictureWell title={texts.photo} choice={photo} />
        <PictureWell title={texts.style} choice={style} />
      </div>
      <div className={styles.start}>
        <NumberControl setting={sizeSetting} slider={false} value={size} onChange={setSize} />
        <NumberControl setting={stepsSetting} slider={false} value={steps} onChange={setSteps} />
        <button type="submit" className="button primary large" disabled={busy || photo.uploading || style.uploading}>
          {busy ? texts.starting : texts.start}
        </button>
        <FailureNotice error={failure} />
      </div>
    </form>
  );
}
