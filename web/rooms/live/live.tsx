"use client";

import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import type { PictureSource } from "../../camera/source";
import { forTask, takesDrawings } from "../../networks/networks";
import { sizeSetting } from "../../networks/order";
import { TranslatorList } from "../../networks/translator-list";
import { useNetworks } from "../../networks/use-networks";
import { Notice } from "../../parts/notice";
import { NumberControl } from "../../parts/number-control";
import { SelectControl } from "../../parts/select-control";
import { useServer } from "../../parts/use-server";
import workbench from "../../parts/workbench.module.css";
import { liveTexts as texts } from "../../texts/live";
import { DrawingPad } from "./drawing-pad";
import { draw, emptyDrawing } from "./drawing-strokes";
import styles from "./live.module.css";
import { LiveActions } from "./live-actions";
import { LiveFacts } from "./live-facts";
import { LiveStage, type StageView } from "./live-stage";
import { OutputPanel } from "./output-panel";
import { padFor } from "./pads";
import { useLive } from "./use-live";
import { useOutputName } from "./use-output-name";
import { useSettled } from "./use-settled";
import { CLIP, useSource } from "./use-source";

/** The translator that is chosen first. */
const USUAL = "photo-to-painting";

const views: { value: StageView; title: string }[] = [
  { value: "beside", title: texts.views.beside },
  { value: "split", title: texts.views.split },
];

/** The live room: a translator at work on a camera, a clip or a drawing. */
export function Live() {
  const { networks, failure: networkFailure } = useNetworks();
  const translators = forTask(networks, "TRANSLATION");
  const [model, setModel] = useState<string | null>(null);
  const network =
    translators?.find(({ id }) => id === (model ?? USUAL)) ?? translators?.find((each) => !takesDrawings(each)) ?? translators?.[0] ?? null;
  const drawing = network !== null && takesDrawings(network);
  const [running, setRunning] = useState(false);
  const [view, setView] = useState<StageView>("beside");
  const [size, setSize] = useState<number | null>(null);
  const maxSize = useServer()?.maxSize ?? null;
  // Each size starts a session, so sizes that a slider only passes are skipped.
  const settledSize = useSettled(size, running);
  const camera = useSource(running && !drawing);
  // The drawings are kept here, so that they survive a change of translator.
  const lines = useReducer(draw, emptyDrawing);
  const areas = useReducer(draw, emptyDrawing);
  const [drawn, act] = network?.takes === "LABEL_MAP" ? areas : lines;
  const [sheet, setSheet] = useState<PictureSource | null>(null);
  const onSheet = useCallback((source: PictureSource | null) => setSheet(source), []);
  const source = drawing ? sheet : camera.source;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [mirrored, setMirrored] = useState(false);
  const [output, setOutput] = useOutputName();
  const live = useLive({
    ...{ network, output, canvas },
    source: running ? source : null,
    size: settledSize ?? network?.size ?? 256,
    mirrored: mirrored && !drawing,
  });

  // A drawing is translated at once: unlike a camera it needs no consent.
  // Leaving the drawing stops the translation, so that no camera opens unasked.
  useEffect(() => {
    if (!drawing) return;
    setRunning(true);
    return () => setRunning(false);
  }, [drawing]);

  return (
    <div className={workbench.workbench}>
      <div className={styles.stage}>
        <LiveStage
          view={view}
          source={source}
          pad={drawing ? <DrawingPad key={network.takes} pad={padFor(network)} drawing={drawn} act={act} onSource={onSheet} /> : null}
          mirrored={mirrored}
          result={canvas}
          hint={camera.failure ? "" : hintOf(running, live.step !== null, live.status)}
        />
        <LiveFacts live={live} />
        {camera.failure && running && (
          <Notice>
            {camera.failure}{" "}
            <button type="button" className={`bare ${styles.inline}`} onClick={camera.tryAgain}>
              {texts.again}
            </button>{" "}
            <button type="button" className={`bare ${styles.inline}`} onClick={() => camera.choose(CLIP)}>
              {texts.showClip}
            </button>
          </Notice>
        )}
        {(live.failure ?? networkFailure) && <Notice>{live.failure ?? networkFailure}</Notice>}
        <LiveActions live={live} canvas={canvas}>
          <button type="button" className="button primary" disabled={!network} onClick={() => setRunning(!running)}>
            {running ? texts.stop : texts.start}
          </button>
        </LiveActions>
      </div>
      <div className={workbench.settings} data-loading={translators === null && networkFailure === null}>
        <TranslatorList translators={translators} chosen={network} onChoose={setModel} />
        {!drawing && <SelectControl title={texts.from} options={camera.options} value={camera.chosen} onChange={camera.choose} />}
        {!drawing && <SelectControl title={texts.view} options={views} value={view} onChange={(chosen) => setView(chosen)} />}
        {!drawing && (
          <label className={styles.mirror}>
            <input type="checkbox" checked={mirrored} onChange={(event) => setMirrored(event.target.checked)} />
            {texts.mirror}
          </label>
        )}
        {network && (
          <NumberControl
            key={network.id}
            setting={sizeSetting(network, maxSize)}
            value={size ?? network.size}
            onChange={setSize}
            unhurried
          />
        )}
        <OutputPanel name={output} onRename={setOutput} isCamera={!drawing && camera.chosen !== CLIP} />
      </div>
    </div>
  );
}

function hintOf(running: boolean, shown: boolean, status: string): string {
  if (shown) return "";
  if (!running) return texts.pressStart;
  return status === "QUEUED" ? texts.waits : texts.comes;
}
