import { useState } from "react";
import { styleTransferSettings } from "../../../server/records/settings";
import { execute } from "../../graphql/execute";
import { StartPainting } from "../../graphql/operations";
import { NetworkChoice } from "../../networks/network-choice";
import { forTask } from "../../networks/networks";
import { useNetworks } from "../../networks/use-networks";
import { focusInvalid } from "../../parts/invalid-field";
import { FailureNotice } from "../../parts/notice";
import { NumberControl } from "../../parts/number-control";
import { type LabelledNumber, labelled } from "../../parts/settings";
import { useAttempt } from "../../parts/use-attempt";
import { useServer } from "../../parts/use-server";
import workbench from "../../parts/workbench.module.css";
import { PictureWell } from "../../pictures/picture-well";
import { samplePhotos, sampleStyles } from "../../pictures/samples";
import { imageIdOf, useChoice } from "../../pictures/use-choice";
import { layersTexts as texts } from "../../texts/layers";
import { experimentInputs } from "./experiment";

const usual = { size: 192, steps: 80 };

/** The form that starts one painting per layer. `onStarted` receives the paintings' ids, shallow to deep. */
export function NewExperiment({ onStarted }: { onStarted(ids: string[]): void }) {
  const photo = useChoice(samplePhotos);
  const style = useChoice(sampleStyles);
  const [size, setSize] = useState(usual.size);
  const [steps, setSteps] = useState(usual.steps);
  const [model, setModel] = useState<string | null>(null);
  const networks = useNetworks();
  const features = forTask(networks.networks, "FEATURES");
  const maxSize = useServer()?.maxSize ?? styleTransferSettings.size.max;
  const { busy, failure, attempt } = useAttempt();
  const sizeSetting: LabelledNumber = { ...labelled("size"), default: usual.size, max: Math.min(maxSize, 512), help: "" };
  const stepsSetting: LabelledNumber = { ...labelled("steps"), default: usual.steps, max: 500, help: "" };

  async function begin() {
    const [contentId, styleId] = await Promise.all([imageIdOf(photo.chosen), imageIdOf(style.chosen)]);
    const names = { photo: photo.chosen.title, style: style.chosen.title };
    const ids: string[] = [];
    // They start one after the other, so that they are painted in this order.
    for (const input of experimentInputs({ contentId, styleId, names, size, steps, model })) {
      ids.push((await execute(StartPainting, { input })).startStyleTransfer.id);
    }
    onStarted(ids);
  }

  return (
    <form
      className={workbench.workbench}
      onSubmit={(event) => {
        event.preventDefault();
        if (!focusInvalid(event.currentTarget)) void attempt(begin);
      }}
    >
      <div className={workbench.pictures}>
        <PictureWell title={texts.photo} choice={photo} />
        <PictureWell title={texts.style} choice={style} />
      </div>
      <div className={workbench.settings} data-loading={features === null && networks.failure === null}>
        <NumberControl setting={sizeSetting} slider={false} value={size} onChange={setSize} />
        <NumberControl setting={stepsSetting} slider={false} value={steps} onChange={setSteps} />
        {features && <NetworkChoice features={features} model={model} actions={networks} onChange={setModel} />}
        <button type="submit" className="button primary large" disabled={busy || photo.uploading || style.uploading}>
          {busy ? texts.starting : texts.start}
        </button>
        <FailureNotice error={failure} />
      </div>
    </form>
  );
}
