import { useState } from "react";
import { type ViewState, ZOOM_STEP } from "../parts/zoom/use-zoom";
import { fitted, wholeFrame, type ZoomRange, zoomedAt } from "../parts/zoom/zoom";
import { useShortcut } from "../shortcuts/use-shortcut";
import { zoomTexts as texts } from "../texts/zoom";

/** One range for all pictures, since a picture that stopped earlier would fall behind the others. */
export const commonRange: ZoomRange = { least: 1, most: 16 };

export interface CommonView {
  view: ViewState;
  zoom: number;
  closer(): void;
  farther(): void;
  fit(): void;
}

/** One view for several pictures, with keys to zoom it. */
export function useCommonView(): CommonView {
  const view = useState(fitted);
  const [{ zoom }, setView] = view;
  const zoomBy = (factor: number) => setView((known) => zoomedAt(known, known.zoom * factor, { x: 0, y: 0 }, wholeFrame, commonRange));
  const closer = () => zoomBy(ZOOM_STEP);
  const farther = () => zoomBy(1 / ZOOM_STEP);
  const fit = () => setView(fitted);
  useShortcut("+", texts.closer, closer);
  useShortcut("-", texts.farther, farther);
  useShortcut("0", texts.fit, fit);
  return { view, zoom, closer, farther, fit };
}
